// Error codes of the area: connector.
import type { CatalogueEntry } from './index.ts';

export const connectorErrors = {
  CONNECTOR_OPTION: {
    text: '{problems}',
    ekuiperCode: 1000,
    cure: 'A property of the connector has a wrong or missing value. The text names it; docs/connectors lists all properties with their types.',
  },
} as const satisfies Record<string, CatalogueEntry>;

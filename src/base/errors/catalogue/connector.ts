// Error codes of the area: connector.
import type { CatalogueEntry } from './index.ts';

export const connectorErrors = {} as const satisfies Record<string, CatalogueEntry>;

// Error codes of the area: plugin.
import type { CatalogueEntry } from './index.ts';

export const pluginErrors = {} as const satisfies Record<string, CatalogueEntry>;

// Error codes of the area: config.
import type { CatalogueEntry } from './index.ts';

export const configErrors = {} as const satisfies Record<string, CatalogueEntry>;

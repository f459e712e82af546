// Error codes of the area: sql.
import type { CatalogueEntry } from './index.ts';

export const sqlErrors = {} as const satisfies Record<string, CatalogueEntry>;

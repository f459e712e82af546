// Error codes of the area: service.
import type { CatalogueEntry } from './index.ts';

export const serviceErrors = {} as const satisfies Record<string, CatalogueEntry>;

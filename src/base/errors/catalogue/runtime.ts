// Error codes of the area: runtime.
import type { CatalogueEntry } from './index.ts';

export const runtimeErrors = {} as const satisfies Record<string, CatalogueEntry>;

// Error codes of the area: plan.
import type { CatalogueEntry } from './index.ts';

export const planErrors = {} as const satisfies Record<string, CatalogueEntry>;

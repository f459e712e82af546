// Half of a circle of imports, for architecture.test.ts.
import type { B } from './b.ts';

export type A = { b?: B };

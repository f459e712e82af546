// The other half, for architecture.test.ts.
import type { A } from './a.ts';

export type B = { a?: A };

// Go's nil slice: an empty array that JSON writes as `null` instead of `[]`, and that is nevertheless a present value (it is not left out
// of the output). array_concat and array_flatten give it when nothing remains (recorded). Known by identity to the JSON encoder only.
import type { Value } from './value.ts';

export const nilArray: Value[] = Object.freeze([]) as unknown as Value[];

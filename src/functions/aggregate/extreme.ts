// Largest or smallest of a sequence of values, one step at a time. Used by max, min, their incremental forms, array_max and array_min.
// The first value that is not null says the type: int64 (floats are cut to ints), float64 or string; nulls are ignored.
import { rowError } from '../../base/errors/gateway-error.ts';
import { toInt64 } from '../../data/cast.ts';
import { describe } from '../../data/go-format.ts';
import { compareText } from '../../data/text.ts';
import type { Value } from '../../data/value.ts';

/** @returns a step: (best so far or null, next value) → best
 *  @throws (the step) rowError with eKuiper's texts: `found invalid arg bool(true)`, `requires float64 but found string(x)` */
export function createExtreme(which: 'max' | 'min'): (best: Value, v: Value) => Value {
  const better = which === 'max' ? (order: number) => order > 0 : (order: number) => order < 0;
  return (best, v) => {
    if (v == null) return best;
    switch (typeof best) {
      case 'number':
        if (typeof v !== 'number') throw rowError(`requires float64 but found ${describe(v)}`);
        return better(v < best ? -1 : v > best ? 1 : 0) ? v : best;
      case 'bigint': {
        const n = typeof v === 'bigint' ? v : cutToInt(v);
        return better(n < best ? -1 : n > best ? 1 : 0) ? n : best;
      }
      case 'string':
        if (typeof v !== 'string') throw rowError(`requires string but found ${describe(v)}`);
        return better(compareText(v, best)) ? v : best;
      default:
        if (typeof v === 'number' || typeof v === 'bigint' || typeof v === 'string') return v;
        throw rowError(`found invalid arg ${describe(v)}`);
    }
  };
}

function cutToInt(v: Value): bigint {
  if (typeof v !== 'number') throw rowError(`requires int64 but found ${describe(v)}`);
  return toInt64(v, 'sameKind');
}

// timeField: rows are given the moment of their result before anything else is made of them, so that one that waited on disk still says when it was. Used by
// index.ts for sinks that ask for it.
import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../data/tuple.ts';
import type { Transform } from './index.ts';

export function stamped(transform: Transform, field: string, clock: Clock): Transform {
  return {
    ...transform,
    push(result: Result) {
      if (result.error !== undefined) return transform.push(result);
      const at = BigInt(clock.now());
      transform.push({ ...result, rows: result.rows.map((row) => (row[field] === undefined ? { ...row, [field]: at } : row)) });
    },
  };
}

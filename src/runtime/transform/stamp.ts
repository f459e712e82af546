// timeField: rows are given the moment of their result before anything else is made of them, so that one that waited on disk still says when it was. Used by
// index.ts for sinks that ask for it.
import type { Clock } from '../../base/clock.ts';
import type { Result } from '../../data/tuple.ts';

type Push = (result: Result) => void;

export function stamping(push: Push, field: string, clock: Clock): Push {
  return (result) => {
    if (result.error !== undefined) return push(result);
    const at = BigInt(clock.now());
    push({ ...result, rows: result.rows.map((row) => (row[field] === undefined ? { ...row, [field]: at } : row)) });
  };
}

// What greatest and least share: the argument that lies beyond all others; nulls are ignored. Not a function itself.
import type { ScalarDefinition } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

/** @param beyond whether a value takes the place of the one so far */
export function outermost(beyond: (v: Value, best: Value, zone: string) => boolean): ScalarDefinition['compile'] {
  return (args, { env }) =>
    (t) => {
      let best: Value = null;
      for (let i = 0; i < args.length; i++) {
        const v = args[i]!(t);
        if (v != null && (best === null || beyond(v, best, env.timeZone))) best = v;
      }
      return best;
    };
}

// meta(key), mqtt(key): metadata of the row, or of one side of a join.
import type { Expr } from '../contract/function.ts';
import { ekuiperMeta, ownMetaKeys } from '../data/ekuiper-meta.ts';
import type { Meta, Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { BoundMeta } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

export function compileMeta(e: BoundMeta, ctx: CompileContext): Expr {
  const inputs = e.input === undefined ? ctx.frame.inputs : [e.input];
  const slots = inputs.map((i) => ctx.frame.meta(i));
  const own = slots.includes(undefined) || slots.length === 0;
  const metaOf = (t: Tuple): Meta | undefined => {
    if (own) return t.meta;
    for (const slot of slots) {
      const m = t.cols[slot!] as Meta | undefined;
      if (m && (e.key === '*' || e.key in m)) return m;
    }
    return undefined;
  };
  if (e.key === '*') {
    if (ctx.standard) return (t) => metaOf(t) as Value;
    return (t) => {
      const m = metaOf(t);
      return m && (ekuiperMeta(m) as Value);
    };
  }
  const { key } = e;
  if (!ctx.standard && ownMetaKeys.has(key)) return () => undefined;
  // in standard SQL meta(messageid) finds messageId
  if (!e.ignoreCase && !ctx.standard) return (t) => metaOf(t)?.[key];
  const lower = key.toLowerCase();
  return (t) => {
    const m = own ? t.meta : (slots.map((s) => t.cols[s!]).find((x) => x !== undefined) as Meta | undefined);
    if (!m) return undefined;
    if (key in m) return m[key];
    for (const k in m) if (k.toLowerCase() === lower) return m[k];
    return undefined;
  };
}

// Shape of a template function. Groups of them lie beside this file; index.ts puts them together.
import type { Value } from '../../data/value.ts';

export interface TemplateFunction {
  min: number;
  /** undefined: any number */
  max?: number;
  exec?: (...args: Value[]) => Value;
  /** and, or: arguments that are evaluated only when needed. Replaces exec. */
  lazy?: (args: readonly (() => Value)[]) => Value;
}

export type TemplateFunctions = ReadonlyMap<string, TemplateFunction>;

/** Exactly n arguments. */
export const fixed = (n: number, exec: (...args: any[]) => Value): TemplateFunction => ({ min: n, max: n, exec });
/** At least `min`, at most `max`. */
export const between = (min: number, max: number | undefined, exec: (...args: any[]) => Value): TemplateFunction =>
  max === undefined ? { min, exec } : { min, max, exec };

// What compiling an expression needs: the frame, the environment of functions, which slots are filled by now, and where state lives.
import type { Expr, FunctionEnv } from '../contract/function.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { OutsideCallsOfRule } from '../exec/outside-calls.ts';
import type { AliasDefinition, LocalDefinition } from '../plan/bound.ts';
import type { KeyLimits } from '../windows/spec.ts';
import type { Frame } from './frame.ts';
import type { StateRegistry } from './state.ts';

export interface CompileContext {
  readonly frame: Frame;
  readonly env: FunctionEnv;
  /** Names of the sources, for texts. */
  readonly names: readonly string[];
  /** Ids of plan slots that operators below have filled. */
  readonly filled: Set<number>;
  readonly states: StateRegistry;
  /** SQL's own answers instead of eKuiper's (docs/sql-differences.md). Looked at when closures are made, never per row. */
  readonly standard: boolean;
  /** Inputs without declared fields whose names match in any case (basic.ignoreCase). */
  readonly anyCase: ReadonlySet<number>;
  /** Bounds of what is kept per key. */
  readonly keyLimits: KeyLimits | undefined;
  readonly eventTime: boolean;
  /** False below a join: what a row keeps would be wrong for the joined row. */
  readonly keep: boolean;
  /** Places of the parameters of the lambdas around. */
  readonly locals: ReadonlyMap<LocalDefinition, { value: Value }>;
  /** Aliases that are compiled already, in this operator. */
  readonly memo: Map<AliasDefinition, Expr>;
  /** How functions that count hits behave where the expression stands: `look` gives the value and hands the update to `onPass`. */
  readonly hits: 'update' | 'look';
  /** There when rows may wait for functions outside of the gateway's process: then operators are run again, and effects happen once. */
  readonly outside?: OutsideCallsOfRule | undefined;
  /** Updates to run when the row has passed (WHERE, HAVING). */
  readonly onPass: ((t: Tuple) => void)[];
}

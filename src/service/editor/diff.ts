// One statement, the same rows, both answers: `standard` and `ekuiper` (basic.sqlCompatibility). So that whoever switches a rule knows before what
// changes. Called by index.ts. Next: replay.ts.
import { isDeepStrictEqual } from 'node:util';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type SqlCompatibility, sqlCompatibilities } from '../../base/sql-compatibility.ts';
import type { RuleProgram } from '../../exec/operator.ts';
import { type Replay, type ReplayOptions, type ReplayResult, type ReplayRow, replay } from './replay.ts';

export interface SqlDifference {
  readonly afterRow: number;
  /** What each of the two sends there; null = nothing. */
  readonly standard: readonly unknown[] | null;
  readonly ekuiper: readonly unknown[] | null;
}

export type Side = (Replay & { readonly refused?: undefined }) | { readonly refused: string };

export interface SqlDiff {
  /** Both give the same. */
  readonly same: boolean;
  /** Rows that went through. */
  readonly rows: number;
  readonly standard: Side;
  readonly ekuiper: Side;
  readonly differences: readonly SqlDifference[];
}

/** @param compile plans the rule with the answers of one of the two  @throws nothing: what one side refuses is its answer */
export async function sqlDiff(
  compile: (compatibility: SqlCompatibility) => RuleProgram,
  rows: readonly ReplayRow[],
  options: ReplayOptions,
): Promise<SqlDiff> {
  const sides: Partial<Record<SqlCompatibility, Side>> = {};
  for (const compatibility of sqlCompatibilities) {
    try {
      const program = compile(compatibility);
      if (program.outside === true) throw new Error('it calls functions of contained plugins, which cannot be tried apart from the rule');
      sides[compatibility] = await replay(program, rows, options);
    } catch (error) {
      sides[compatibility] = { refused: messageOf(error) };
    }
  }
  const standard = sides.standard!;
  const ekuiper = sides.ekuiper!;
  const differences =
    standard.refused === undefined && ekuiper.refused === undefined ? differencesOf(standard.results, ekuiper.results) : [];
  const errors = ({ refused, ...side }: Side) => (refused === undefined ? (side as Replay).errors : refused);
  return {
    same: differences.length === 0 && isDeepStrictEqual(errors(standard), errors(ekuiper)),
    rows: rows.length,
    standard,
    ekuiper,
    differences,
  };
}

/** Results are compared in their order, row of the input by row. */
function differencesOf(standard: readonly ReplayResult[], ekuiper: readonly ReplayResult[]): SqlDifference[] {
  const found: SqlDifference[] = [];
  const byRow = (results: readonly ReplayResult[]) => Map.groupBy(results, (r) => r.afterRow);
  const [a, b] = [byRow(standard), byRow(ekuiper)];
  for (const afterRow of [...new Set([...a.keys(), ...b.keys()])].sort((x, y) => x - y)) {
    const [left, right] = [a.get(afterRow) ?? [], b.get(afterRow) ?? []];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
      const pair = { standard: left[i]?.rows ?? null, ekuiper: right[i]?.rows ?? null };
      if (!isDeepStrictEqual(pair.standard, pair.ekuiper)) found.push({ afterRow, ...pair });
    }
  }
  return found;
}

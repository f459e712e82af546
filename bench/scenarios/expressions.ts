// ns per evaluation of an expression by its kind, in process, and of whole rules of filter and projection. No broker.
import { createVirtualClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { compileExpression, compileRule } from '../../src/compile/index.ts';
import type { FunctionEnv } from '../../src/contract/function.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { newOperatorStats, type ProgramHost } from '../../src/exec/operator.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { parseExpression, parseSelect } from '../../src/sql/index.ts';
import type { Scenario } from './index.ts';

interface Timing {
  what: string;
  nsPerRow: number;
}

const EVALUATIONS = 500_000;
const RUNS = 5;

const expressions: readonly string[] = [
  'temperature',
  'temperature > 30',
  'temperature > 30 AND device = "press-7"',
  'temperature * 1.8 + 32',
  'whole / 2',
  'values->x',
  'list[1]',
  'abs(temperature)',
  'upper(device)',
  'concat(device, "-", site)',
  'device LIKE "press-%"',
  'regexp_matches(device, "^press-[0-9]+$")',
  'device IN ("a", "b", "press-7")',
  'CASE WHEN temperature > 50 THEN "hot" WHEN temperature > 20 THEN "warm" ELSE "cold" END',
  'format_time(at, "yyyy-MM-dd HH:mm:ss")',
];

const rules: readonly string[] = [
  'SELECT device, temperature FROM demo WHERE temperature > 30',
  'SELECT * FROM demo WHERE temperature > 30',
  'SELECT temperature * 1.8 + 32 AS f, upper(device) AS d FROM demo WHERE temperature > 30',
  'SELECT temperature, lag(temperature) AS before FROM demo',
];

const functions = createFunctionCatalogue();
const clock = createVirtualClock();
const log = createLog({ level: 'error' });
const env: FunctionEnv = {
  clock,
  log,
  timeZone: 'UTC',
  ruleId: 'bench',
  random: Math.random,
  property: () => undefined,
  keyedState: { get: () => null, put: () => undefined },
};

const rows: Row[] = Array.from({ length: 1000 }, (_, i) => ({
  temperature: i % 100,
  whole: BigInt(i),
  device: `press-${i % 10}`,
  site: 'north',
  values: { x: i },
  list: [1, 2, 3],
  at: 1_700_000_000_000 + i,
}));

export const expressionsScenario: Scenario<{ expressions: Timing[]; rules: Timing[] }> = {
  name: 'expressions',
  doc: 'expressions and streaming rules in process, ns per row',
  needsBroker: false,
  async run() {
    return { expressions: expressions.map(timeExpression), rules: rules.map(timeRule) };
  },
  print: (r) => [...r.expressions, ...r.rules].map((t) => `${t.nsPerRow.toFixed(0).padStart(6)} ns  ${t.what}`),
};

function timeExpression(sql: string): Timing {
  const evaluate = compileExpression(parseExpression(sql), { functions, env, sql });
  // building the tuple is not the expression's: measured alone and taken off
  const empty = compileExpression(parseExpression('1'), { functions, env });
  return { what: sql, nsPerRow: Math.max(0, best(overRows(evaluate)) - best(overRows(empty))) };
}

/** Keeps the last value, so that the work cannot be optimised away. */
const overRows = (evaluate: (row: Row) => Value) => {
  const kept: { last?: Value } = {};
  return (): void => {
    for (const row of rows) kept.last = evaluate(row);
  };
};

function timeRule(sql: string): Timing {
  const plan = planRule(parseSelect(sql), { source: (name) => ({ name, kind: 'stream' }), functions }, { sql });
  const program = compileRule(plan);
  const input = program.inputs[0]!;
  const columns = [...input.columns, ...(input.all ? ['*'] : [])];
  const running = program.start(host(), (_input, column) => columns.indexOf(column));
  const tuples = rows.map(
    (row) =>
      new Tuple(
        columns.map((c): Value => (c === '*' ? row : row[c])),
        clock.now(),
      ),
  );
  const pass = (): void => {
    for (const t of tuples) running.push(0, t);
  };
  return { what: sql, nsPerRow: best(pass) };
}

/** Best of several runs, ns per row. */
function best(pass: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    for (let n = 0; n < EVALUATIONS; n += rows.length) pass();
    least = Math.min(least, ((performance.now() - started) * 1e6) / EVALUATIONS);
  }
  return least;
}

function host(): ProgramHost {
  const none = (): never => {
    throw new Error('no tables here');
  };
  return {
    ruleId: 'bench',
    clock,
    log,
    env,
    emit: () => undefined,
    exception(_stats, error) {
      throw error;
    },
    touch: () => undefined,
    begin: () => [],
    resume: () => undefined,
    end: () => undefined,
    stats: newOperatorStats,
    scanTable: none,
    lookupTable: none,
  };
}

// Functions outside of the gateway's process give what they would give inside: same values, same order, same errors, same state, for any
// expression. Both kinds are made from one body; the outside ones answer later, in batches, with delays that the test draws.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rowError } from '../../src/base/errors/gateway-error.ts';
import type {
  AggregateDefinition,
  CallSite,
  Expr,
  FunctionCatalogue,
  FunctionDefinition,
  OutsidePlace,
  ScalarDefinition,
} from '../../src/contract/function.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { startRule, stream } from '../helpers/program.ts';

type Body = (args: unknown[], state: Map<string, number>) => Value;
/** With state per place, with errors, with state that all places share. */
const BODIES: Record<string, Body> = {
  seen(args, state) {
    const n = (state.get('n') ?? 0) + 1;
    state.set('n', n);
    return `${n}:${String(args[0])}`;
  },
  twice: ([x]) => Number(x ?? 0) * 2,
  picky([x]) {
    if (Number(x) % 3 === 0) throw new Error(`not ${String(x)}`);
    return x as Value;
  },
  odd: ([x]) => Number(x) % 2 === 1,
};

interface World {
  /** Every call in the order in which bodies ran. */
  trace: string[];
  functions: FunctionCatalogue;
  settle(): Promise<void>;
  /** Ways there and back so far. */
  turns(): number;
}

function world(
  outside: readonly string[],
  delays: readonly number[],
  shared: boolean,
  pluginOf: (name: string) => string = () => 'functions/p',
): World {
  const trace: string[] = [];
  const builtin = createFunctionCatalogue();
  const queue: (() => void)[] = [];
  let turn = 0;
  let pumping = false;
  const pump = async () => {
    if (pumping) return;
    pumping = true;
    while (queue.length > 0) {
      // as many as are there share one way; the next ones come later
      const batch = queue.splice(0, 1 + (delays[turn++ % delays.length] ?? 0));
      for (let i = 0; i < (delays[turn % delays.length] ?? 0); i++) await Promise.resolve();
      for (const work of batch) work();
    }
    pumping = false;
  };
  const stateOf = new WeakMap<CallSite, Map<string, number>>();
  const common = new Map<string, number>();
  const run = (name: string, site: CallSite, args: unknown[]): Value => {
    let state = shared ? common : stateOf.get(site);
    if (!state) stateOf.set(site, (state = new Map()));
    trace.push(`${name}(${args.map(String).join()})`);
    return BODIES[name]!(args, state);
  };
  const inside = (name: string, site: CallSite, args: unknown[]): Value => {
    try {
      return run(name, site, args);
    } catch (error) {
      throw rowError(`call func ${name} error: ${(error as Error).message}`);
    }
  };
  const placeOf = (name: string, site: CallSite) => ({
    name,
    ask(args: unknown[], done: (value: Value, error: unknown, changed: boolean) => void) {
      queue.push(() => {
        let value: Value;
        let failure: unknown;
        try {
          value = run(name, site, args);
        } catch (error) {
          failure = rowError(`call func ${name} error: ${(error as Error).message}`);
        }
        done(value, failure, name === 'seen');
      });
      void Promise.resolve().then(pump);
    },
  });
  const scalar = (name: string): ScalarDefinition => ({
    name,
    kind: 'scalar',
    group: 'plugin',
    params: [{ name: 'args', type: 'any', optional: true, rest: true }],
    returns: 'unknown',
    doc: '',
    examples: [],
    nulls: 'pass',
    pure: false,
    ...(outside.includes(name) ? { outside: pluginOf(name) } : {}),
    compile(args: readonly Expr[], site: CallSite) {
      if (!outside.includes(name))
        return (t) =>
          inside(
            name,
            site,
            args.map((a) => a(t)),
          );
      const place = placeOf(name, site);
      return (t) => site.env.outside!.call(place, () => args.map((a) => a(t)));
    },
  });
  const sumOf = (state: unknown[]) => state.reduce<number>((x, y) => x + Number(y ?? 0), 0);
  const totals = new WeakMap<CallSite, OutsidePlace>();
  const totalPlace = (site: CallSite): OutsidePlace => {
    const known = totals.get(site);
    if (known) return known;
    const place: OutsidePlace = {
      name: 'total',
      ask([state], done) {
        queue.push(() => done(sumOf(state as unknown[]), undefined, false));
        void Promise.resolve().then(pump);
      },
    };
    totals.set(site, place);
    return place;
  };
  const total: AggregateDefinition<unknown[]> = {
    name: 'total',
    kind: 'aggregate',
    group: 'plugin',
    params: [{ name: 'args', type: 'any', optional: true, rest: true }],
    returns: 'unknown',
    doc: '',
    examples: [],
    ...(outside.includes('total') ? { outside: 'functions/q' } : {}),
    init: () => [],
    add: (state, v) => [...state, v],
    merge: (a, b) => [...a, ...b],
    result: (state, site) => (outside.includes('total') ? site.env.outside!.call(totalPlace(site), () => [state]) : sumOf(state)),
  };
  const own = new Map<string, FunctionDefinition>([
    ...Object.keys(BODIES).map((n): [string, FunctionDefinition] => [n, scalar(n)]),
    ['total', total as unknown as FunctionDefinition],
  ]);
  return {
    trace,
    turns: () => turn,
    functions: { get: (name) => own.get(name) ?? builtin.get(name), names: () => [...own.keys(), ...builtin.names()] },
    async settle() {
      for (let i = 0; i < 4_000 && (pumping || queue.length > 0 || i < 50); i++) await Promise.resolve();
    },
  };
}

async function results(
  sql: string,
  rows: readonly Row[],
  outside: readonly string[],
  delays: readonly number[],
  shared = false,
  chunk = 3,
) {
  const w = world(outside, delays, shared);
  const rule = startRule(sql, { functions: w.functions, sources: [stream('demo')], incrementalWindow: 'off' });
  for (let i = 0; i < rows.length; i++) {
    rule.push('demo', rows[i]!);
    // rows come in turns of several, also while others wait
    if (i % chunk === chunk - 1) await Promise.resolve();
  }
  await w.settle();
  return { results: rule.results, trace: w.trace };
}

const NAMES = ['seen', 'twice', 'picky', 'total'];
const leaf = fc.constantFrom('a', 'b', '1', '2', 'twice(a)', 'seen(b)', 'picky(a)', 'lag(a)', 'null');
const value: fc.Arbitrary<string> = fc.letrec<{ v: string; c: string }>((tie) => ({
  v: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie('v'), tie('v')).map(([x, y]) => `(${x} + ${y})`),
    tie('v').map((x) => `twice(${x})`),
    tie('v').map((x) => `seen(${x})`),
    tie('v').map((x) => `picky(${x})`),
    tie('v').map((x) => `coalesce(${x}, 7)`),
    fc.tuple(tie('c'), tie('v'), tie('v')).map(([c, x, y]) => `CASE WHEN ${c} THEN ${x} ELSE ${y} END`),
    tie('v').map((x) => `lag(${x})`),
  ),
  c: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom('a > 2', 'b = 1', 'odd(a) = true', 'seen(a) != ""', 'twice(a) > b'),
    fc.tuple(tie('c'), tie('c')).map(([x, y]) => `${x} AND ${y}`),
    fc.tuple(tie('c'), tie('c')).map(([x, y]) => `${x} OR ${y}`),
    fc.tuple(tie('v'), tie('v')).map(([x, y]) => `${x} IN (${y}, 2)`),
    tie('v').map((x) => `picky(${x}) = 4`),
  ),
})).v;
const condition = fc.tuple(value, value).map(([x, y]) => `CASE WHEN odd(${x}) = true THEN a > 1 OR picky(b) = 2 ELSE ${y} = ${y} END`);
const someRows = fc.array(fc.record({ a: fc.integer({ min: 0, max: 6 }), b: fc.integer({ min: 0, max: 3 }) }), { maxLength: 14 });
const someNames = fc.subarray([...NAMES, 'odd']);
const someDelays = fc.array(fc.nat(4), { minLength: 1, maxLength: 5 });

describe('functions outside of the process', () => {
  // @covers issue:13#4
  test('give for any expression what they give inside: values, errors and their order', async () => {
    await fc.assert(
      fc.asyncProperty(value, value, condition, someRows, someDelays, fc.nat(4), someNames, async (x, y, c, rows, delays, chunk, some) => {
        const sql = `SELECT a, ${x} AS x, ${y} AS z FROM demo WHERE ${c}`;
        const inside = await results(sql, rows, [], delays, false, chunk + 1);
        const outside = await results(sql, rows, [...NAMES, 'odd'], delays, false, chunk + 1);
        const mixed = await results(sql, rows, some, delays, false, chunk + 1);
        expect(outside.results).toEqual(inside.results);
        expect(mixed.results).toEqual(inside.results);
      }),
      {
        numRuns: 150,
        examples: [
          // lag() fails inside on the second row while the first one waits in WHERE
          [
            'lag((a + CASE WHEN a > 2 THEN seen(b) ELSE a END))',
            'seen(seen(a))',
            'CASE WHEN odd(twice(seen(a))) = true THEN a > 1 OR picky(b) = 2 ELSE a = a END',
            [
              { a: 0, b: 0 },
              { a: 3, b: 0 },
            ],
            [0],
            1,
            ['twice', 'picky'],
          ],
        ],
      },
    );
  });

  test('that share a state are called in the order in which they are called inside, across all places', async () => {
    await fc.assert(
      fc.asyncProperty(value, condition, someRows, someDelays, async (x, c, rows, delays) => {
        const sql = `SELECT seen(a) AS s, ${x} AS x, seen(b) AS z FROM demo WHERE ${c}`;
        const inside = await results(sql, rows, [], delays, true);
        const outside = await results(sql, rows, [...NAMES, 'odd'], delays, true);
        expect(outside.results).toEqual(inside.results);
        expect(outside.trace).toEqual(inside.trace);
      }),
      { numRuns: 100 },
    );
  });

  test('stand in aggregates, GROUP BY, HAVING, ORDER BY and FILTER as inside', async () => {
    await fc.assert(
      fc.asyncProperty(value, someRows, someDelays, async (x, rows, delays) => {
        for (const sql of [
          `SELECT count(${x}) AS n, collect(twice(a)) AS l, total(a) AS t, total(twice(b)) AS u, seen(count(*)) AS s FROM demo GROUP BY COUNTWINDOW(3)`,
          `SELECT twice(b) AS k, total(a) AS t FROM demo GROUP BY twice(b), COUNTWINDOW(4) HAVING odd(total(a)) OR total(a) > 3 ORDER BY twice(k)`,
          `SELECT a, row_number() AS r FROM demo GROUP BY COUNTWINDOW(2) FILTER(WHERE odd(a)) ORDER BY twice(a) DESC`,
        ]) {
          const inside = await results(sql, rows, [], delays);
          const outside = await results(sql, rows, [...NAMES, 'odd'], delays);
          expect(outside.results).toEqual(inside.results);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a row that fails before the operators in which rows wait comes out behind the rows that wait in any of them', async () => {
    const rows = [{ a: 4 }, { a: 3 }, { a: 5 }, { a: 6 }, { a: 7 }];
    const failed = (a: number) => ({ $error: expect.stringContaining(`call func picky error: not ${a}`) });
    for (const [sql, outside] of [
      // lag() fails; rows wait in WHERE, then in SELECT
      ['SELECT a, twice(a) AS x, lag(picky(a)) AS l FROM demo WHERE odd(a) OR a = 4', ['odd', 'twice']],
      // WHERE fails; rows wait in SELECT
      ['SELECT a, twice(a) AS x, 1 AS l FROM demo WHERE picky(a) > 0', ['twice']],
    ] as const) {
      for (const chunk of [1, 2, 5]) {
        const { results: got } = await results(sql, rows, outside, [1, 3], false, chunk);
        expect(got).toEqual([
          [expect.objectContaining({ a: 4, x: 8 })],
          failed(3),
          [expect.objectContaining({ a: 5, x: 10 })],
          failed(6),
          [expect.objectContaining({ a: 7, x: 14 })],
        ]);
      }
    }
  });

  test('a row whose lookup fails comes out behind the rows that wait after the lookup', async () => {
    // of two plugins: rows of one plugin would go through one by one
    const w = world(['twice', 'odd'], [4], false, (name) => `functions/${name}`);
    const rule = startRule('SELECT demo.a AS a, odd(tab.v) AS x FROM demo INNER JOIN tab ON twice(demo.a) = tab.id', {
      functions: w.functions,
      sources: [stream('demo'), stream('tab', undefined, { kind: 'table', lookup: true })],
      lookupTables: {
        tab: {
          lookup(_fields, _keys, [id]) {
            if (Number(id) % 4 === 0) throw new Error(`no ${String(id)}`);
            return [{ id: id as Value, v: Number(id) / 2 }];
          },
        },
      },
    });
    for (let a = 1; a < 5; a++) rule.push('demo', { a });
    await w.settle();
    expect(rule.results).toEqual([
      [{ a: 1, x: true }],
      { $error: 'run Lookup error: no 4' },
      [{ a: 3, x: true }],
      { $error: 'run Lookup error: no 8' },
    ]);
  });

  test('stand in the FILTER of a window whose rows are joined', async () => {
    const of = async (outside: readonly string[]) => {
      const w = world(outside, [1, 3], false);
      const sql =
        'SELECT l.a AS a, r.b AS b FROM l INNER JOIN r ON l.a = r.a GROUP BY COUNTWINDOW(3) FILTER(WHERE odd(coalesce(l.a, r.a)))';
      const rule = startRule(sql, { functions: w.functions, sources: [stream('l'), stream('r')] });
      for (const a of [1, 2, 3]) {
        rule.push('l', { a });
        rule.push('r', { a, b: a * 10 });
      }
      await w.settle();
      return rule.results;
    };
    const inside = await of([]);
    expect(inside).toEqual([[{ a: 1, b: 10 }]]);
    expect(await of(['odd'])).toEqual(inside);
  });

  test('rows of one turn share one way there and back', async () => {
    const w = world(['twice'], [10], false);
    const rule = startRule('SELECT twice(a) AS x FROM demo', { functions: w.functions });
    for (let a = 0; a < 9; a++) rule.push('demo', { a });
    expect(rule.results).toEqual([]);
    expect(w.trace).toEqual([]);
    await w.settle();
    expect(rule.results.map((r: any) => r[0].x)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16]);
    expect(w.turns()).toBe(1);
  });

  test('a row that reaches no such call waits for nobody when nothing is under way, and for its turn when something is', async () => {
    const w = world(['twice'], [1], false);
    const rule = startRule('SELECT CASE WHEN a = 0 THEN a ELSE twice(a) END AS x FROM demo', { functions: w.functions });
    rule.push('demo', { a: 0 });
    expect(rule.results).toEqual([[{ x: 0 }]]);
    rule.push('demo', { a: 1 });
    rule.push('demo', { a: 0 });
    expect(rule.results.length).toBe(1);
    await w.settle();
    expect(rule.results).toEqual([[{ x: 0 }], [{ x: 2 }], [{ x: 0 }]]);
  });
});

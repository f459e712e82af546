// Functions of JavaScript: values, budgets, memory, worlds of their own, files.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import type { AggregateDefinition, CallSite, ScalarDefinition } from '../../src/contract/function.ts';
import { DateTime } from '../../src/data/datetime.ts';
import type { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import { createScripts, type Scripts } from '../../src/extensions/scripts/script-files.ts';

let folder: string;
let scripts: Scripts;
let lines: ReturnType<typeof createMemoryLog>['lines'];
const row = {} as Tuple;
const site = { name: 'f', args: [{}, {}], env: { ruleId: 'r1' } } as unknown as CallSite;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'kuiper-scripts-')), 'scripts');
  const memory = createMemoryLog('debug');
  lines = memory.lines;
  scripts = createScripts(folder, memory.log);
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const make = (script: string, id = 'f', isAgg = false) => scripts.put({ id, description: '', script, isAgg });
const scalar = (id = 'f') => scripts.functions.get(id) as ScalarDefinition;

/** A place of a call. */
async function placeOf(script: string) {
  await make(script);
  let given: Value[] = [];
  const arity = 5;
  const args = Array.from({ length: arity }, (_, i) => () => given[i]);
  const compiled = scalar().compile!(args, site);
  return (...values: Value[]) => {
    given = values;
    return compiled(row);
  };
}

describe('values', () => {
  // @covers issue:21#6
  // @covers finding:parity#11
  it.each([
    ['function f(x, y) { return x * y; }', [6n, 7n], 42n],
    ['function f(x, y) { return x / y; }', [7n, 2n], 3.5],
    ['function f(x) { return x; }', [9007199254740993n], 9007199254740993n],
    ['function f(x) { return x + 1n; }', [9007199254740993n], 9007199254740994n],
    ['const f = (a) => a + "ä€"', ['x'], 'xä€'],
    ['function f(a) { return a + "\\u0000c"; }', ['a\u0000b'], 'a\u0000b\u0000c'],
    ['function f(a) { return !a; }', [true], false],
    ['function f(a, b) { return [a === null, b === undefined, typeof a]; }', [null, undefined], [true, true, 'object']],
    ['function f() {}', [], null],
    ['function f() { return () => 1; }', [], null],
    ['function f(o) { o.v += 1; o.n = o.list.length; return o; }', [{ v: 1n, list: [1n, 'a'] }], { v: 2n, list: [1n, 'a'], n: 2n }],
    ['function f(o) { return { big: o.big === "9007199254740993", f: 1.5 }; }', [{ big: 9007199254740993n }], { big: true, f: 1.5 }],
    ['function f() { return { big: 9007199254740993n }; }', [], { big: 9007199254740993n }],
    [
      'function f() { return JSON.parse(\'{"__proto__": 1}\'); }',
      [],
      Object.defineProperty({}, '__proto__', { value: 1n, enumerable: true }),
    ],
    ['function f(b) { return new Uint8Array(b)[1]; }', [new Uint8Array([1, 255])], 255n],
    ['function f() { return new Uint8Array([1, 10, 255]); }', [], new Uint8Array([1, 10, 255])],
    ['function f(d) { return d.getTime(); }', [DateTime.fromMs(1500)], 1500n],
    ['function f() { return new Date(1500); }', [], DateTime.fromMs(1500)],
  ] as [string, Value[], Value][])('%s of %s', async (script, args, result) => {
    const f = await placeOf(script);
    expect(f(...args)).toEqual(result);
  });

  it('numbers, texts and nested values come back as they were', async () => {
    const f = await placeOf('function f(x) { return x; }');
    const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger().map(BigInt),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Number.isInteger(n)),
        fc.string({ unit: 'binary' }).filter((s) => s.isWellFormed()),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(
          fc.string().filter((s) => s.isWellFormed()),
          tie('value'),
          { maxKeys: 5, noNullPrototype: true },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(value, (v) => {
        expect(f(v)).toEqual(v);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['function f() { return 0 / 0; }', 'call func f error: result is NaN'],
    ['function f() { return 1 / 0; }', 'call func f error: result is Inf'],
    ['function f() { throw new TypeError("no"); }', 'call func f error: failed to execute script: TypeError: no'],
    ['function f() { throw "text"; }', 'call func f error: failed to execute script: text'],
    ['function f() { return new Date(NaN); }', 'call func f error: result is an invalid date'],
    ['function f() { const a = {}; a.a = a; return a; }', 'call func f error: '],
  ])('%s is an error of the row', async (script, text) => {
    const f = await placeOf(script);
    expect(() => f()).toThrow(text);
    expect(() => f()).toThrow(expect.objectContaining({ code: 'EVAL_FAILED' }) as Error);
  });

  it('an aggregate gets the values of the group as lists', async () => {
    await make('function f(a, b) { return a.length * 100 + b[1]; }', 'f', true);
    const def = scripts.functions.get('f') as AggregateDefinition<Value[][]>;
    expect(def.kind).toBe('aggregate');
    let state = def.init(site);
    state = def.add(state, 1n, 5n);
    state = def.merge!(state, def.add(def.init(site), 2n, 7n));
    expect(def.result(state, site)).toBe(207n);
  });
});

describe('what a script may not', () => {
  it('has nothing of the host: no modules, files, network, timers, processes', async () => {
    const f = await placeOf(
      'function f() { return [typeof require, typeof process, typeof fetch, typeof setTimeout, typeof globalThis.Buffer, typeof WebAssembly]; }',
    );
    expect(f()).toEqual(Array(6).fill('undefined'));
    await expect(make('import fs from "node:fs"; function f() {}')).rejects.toThrow('failed to interprete script: SyntaxError');
    const g = await placeOf('async function f() { return await import("node:fs"); }');
    expect(() => g()).toThrow('the script gave a promise; it must give the value itself');
  });

  it('an endless loop is stopped by its steps as an error of that row; the next row is well', async () => {
    const f = await placeOf('let n = 0; function f(x) { n++; if (x) for (;;); return n; }');
    expect(f(false)).toBe(1n);
    expect(() => f(true)).toThrow('call func f error: the script took more than 10 million steps and was stopped');
    // the world is the same: what it had counted is there
    expect(f(false)).toBe(3n);
  });

  it('catch does not help an endless loop, nor a script that never ends while it is read', async () => {
    const f = await placeOf('function f() { for (;;) { try { for (;;); } catch {} finally { continue; } } }');
    expect(() => f()).toThrow('million steps');
    await expect(make('for (;;);')).rejects.toThrow('failed to interprete script: InternalError: interrupted');
    expect(existsSync(join(folder, 'f.json'))).toBe(true);
  });

  it('memory has an end at 64 MB for all scripts; afterwards the script begins anew and others are well', async () => {
    await make('let kept = 0; function g() { return ++kept; }', 'g');
    const g = scalar('g').compile!([], site);
    expect([g(row), g(row)]).toEqual([1n, 2n]);
    const f = await placeOf('let n = 0; function f(x) { n++; const a = []; while (x) a.push("x".repeat(100000) + a.length); return n; }');
    expect(f(false)).toBe(1n);
    expect(() => f(true)).toThrow('call func f error: the script needs more memory than there is for scripts (64 MB)');
    expect(f(false)).toBe(1n);
    expect(lines.map((l) => [l.code, l.script, l.rule])).toEqual([['SCRIPT_RENEWED', 'f', 'r1']]);
    expect(g(row)).toBe(3n);
  });

  it('endless recursion is an error of the row', async () => {
    const f = await placeOf('function f(x) { return x ? f(x) + 1 : 0; }');
    expect(() => f(true)).toThrow('InternalError: stack overflow');
    expect(f(false)).toBe(0n);
  });

  it('what it keeps from call to call has an end', async () => {
    const f = await placeOf('const kept = []; function f() { kept.push(new Array(2000).fill(kept.length)); return kept.length; }');
    const seen: Value[] = [];
    for (let n = 0; n < 1500; n++) seen.push(f());
    expect(seen[999]).toBe(1000n);
    expect(seen[1000]).toBe(1n);
    expect(lines.filter((l) => l.code === 'SCRIPT_RENEWED').length).toBe(1);
  });

  it('a hundred thousand calls leave the memory as it was', async () => {
    const f = await placeOf('function f(x, o) { const t = "v" + x; return { t, s: o.a.concat([x]) }; }');
    const used = () => {
      globalThis.gc?.();
      return process.memoryUsage().rss;
    };
    const o = { a: [1n, 2n, 'three'] };
    for (let n = 0; n < 20_000; n++) f(BigInt(n), o);
    const before = used();
    for (let n = 0; n < 100_000; n++) f(BigInt(n), o);
    expect(f(5n, o)).toEqual({ t: 'v5', s: [1n, 2n, 'three', 5n] });
    expect((used() - before) / 1024 / 1024).toBeLessThan(40);
  }, 60_000);
});

describe('worlds', () => {
  it('each place of a call has variables of its own, and a new text is in effect with the next call', async () => {
    await make('let n = 0; function f() { return ++n; }');
    const [a, b] = [scalar().compile!([], site), scalar().compile!([], site)];
    expect([a(row), a(row), b(row)]).toEqual([1n, 2n, 1n]);
    await make('let n = 100; function f() { return ++n; }');
    expect([a(row), b(row), a(row)]).toEqual([101n, 101n, 102n]);
    await scripts.delete('f');
    expect(() => a(row)).toThrow('function f is not there any more');
  });

  it('there are 200 at most: the one that was not called for longest begins anew', async () => {
    await make('let n = 0; function f() { return ++n; }');
    const places = Array.from({ length: 201 }, () => scalar().compile!([], site));
    for (const p of places.slice(0, 200)) p(row);
    expect(places[0]!(row)).toBe(2n);
    // one more than there is room for: the second place is the oldest now
    expect(places[200]!(row)).toBe(1n);
    expect(places[0]!(row)).toBe(3n);
    expect(places[1]!(row)).toBe(1n);
    expect(places[199]!(row)).toBe(2n);
  });
});

describe('files', () => {
  it('definitions are there again after a restart, and a file that is no script is told and left out', async () => {
    await make('function f() { return 1; }');
    await scripts.put({ id: 'agg', description: 'sum', script: 'const agg = (l) => l.length', isAgg: true });
    expect(JSON.parse(readFileSync(join(folder, 'f.json'), 'utf8'))).toEqual({
      id: 'f',
      description: '',
      script: 'function f() { return 1; }',
      isAgg: false,
    });
    writeFileSync(join(folder, 'bad.json'), '{"script":"function other() {}"}');
    const { log, lines: told } = createMemoryLog('debug');
    const again = createScripts(folder, log);
    expect(again.list()).toEqual([]);
    await again.reload();
    expect(again.list()).toEqual(['agg', 'f']);
    expect(again.get('agg')).toEqual({ id: 'agg', description: 'sum', script: 'const agg = (l) => l.length', isAgg: true });
    expect(told.map((l) => [l.code, l.file, l.reason])).toEqual([['SCRIPT_INVALID', 'bad.json', 'cannot find function "bad" in script']]);
    expect(again.exportAll()['f']).toBe(readFileSync(join(folder, 'f.json'), 'utf8'));
    rmSync(join(folder, 'f.json'));
    await again.reload();
    expect(again.list()).toEqual(['agg']);
  });

  it.each([
    ['f', 'function g() {}', 'cannot find function "f" in script'],
    ['f', 'function f( {', 'failed to interprete script: SyntaxError'],
    ['f', 'const f = 5', 'cannot find function "f" in script'],
    ['a-b', 'function f() {}', 'cannot be the name of a function'],
  ])('refuses %s with %s', async (id, script, text) => {
    await expect(scripts.put({ id, description: '', script, isAgg: false })).rejects.toThrow(text);
    expect(scripts.list()).toEqual([]);
    expect(existsSync(join(folder, `${id}.json`))).toBe(false);
  });
});

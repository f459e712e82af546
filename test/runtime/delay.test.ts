// delay(): results wait for their sinks in order, and nobody else waits with them.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileRule } from '../../src/compile/index.ts';
import type { RuleProgram } from '../../src/exec/operator.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { filterProgram, type Harness, harness } from './harness.ts';

const functions = createFunctionCatalogue();
const compiled = (sql: string): RuleProgram =>
  compileRule(
    planRule(parseSelect(sql), { source: (name) => ({ name, kind: 'stream', schema: undefined }), names: () => ['s'], functions }, { sql }),
  );

let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

const confirmed: number[] = [];
beforeEach(() => void confirmed.splice(0));
const publish = (a: number, pause: number) =>
  h.sources[0]!.emit(Buffer.from(JSON.stringify({ a, pause })), { topic: 't' }, () => void confirmed.push(a));
const values = (sink = h.sink) => sink.rows().map((r) => r['a']);

describe('delay', () => {
  it('holds the result back for its time, later rows behind it, and confirms with the delivery', async () => {
    await h.runtime.createRule(h.define('r', compiled('SELECT delay(pause, a) AS a FROM s'))).start();
    publish(1, 1000);
    publish(2, 500);
    publish(3, 0);
    await h.clock.advance(999);
    expect(values()).toEqual([]);
    expect(confirmed).toEqual([]);
    await h.clock.advance(1);
    expect(values()).toEqual([1]);
    expect(confirmed).toEqual([1]);
    await h.clock.advance(499);
    expect(values()).toEqual([1]);
    await h.clock.advance(1);
    expect(values()).toEqual([1, 2, 3]);
    expect(confirmed).toEqual([1, 2, 3]);
    // nothing is left over for later rows
    publish(4, 0);
    expect(values()).toEqual([1, 2, 3, 4]);
  });

  it('other rules on the same stream get their rows at once', async () => {
    await h.runtime.createRule(h.define('slow', compiled('SELECT delay(pause, a) AS a FROM s'), { actions: [{ as: 'slow' }] })).start();
    await h.runtime.createRule(h.define('fast', filterProgram('a'))).start();
    publish(1, 60_000);
    expect(values()).toEqual([1]);
    expect(values(h.sinkNamed('slow'))).toEqual([]);
    await h.clock.advance(60_000);
    expect(values(h.sinkNamed('slow'))).toEqual([1]);
  });

  it('a row that waits and is dropped keeps later rows waiting', async () => {
    await h.runtime.createRule(h.define('r', compiled('SELECT a FROM s WHERE delay(pause, a) > 1'))).start();
    publish(1, 1000);
    await h.clock.advance(400);
    publish(2, 100);
    await h.clock.advance(699);
    expect(values()).toEqual([]);
    await h.clock.advance(1);
    expect(values()).toEqual([2]);
    expect(confirmed).toEqual([1, 2]);
  });

  it('asks the source to wait when too much stands behind it', async () => {
    await h.runtime.createRule(h.define('r', compiled('SELECT delay(pause, a) AS a FROM s'))).start();
    let waits: unknown;
    for (let i = 0; i < 300 && waits === undefined; i++) waits = publish(i, 10);
    expect(waits).toBeInstanceOf(Promise);
    await h.clock.advance(10_000);
    await waits;
    expect(values()).toHaveLength(confirmed.length);
    expect(values()).toEqual(values().toSorted((x, y) => Number(x) - Number(y)));
  });

  it('sends what waits when the rule stops', async () => {
    const rule = h.runtime.createRule(h.define('r', compiled('SELECT delay(pause, a) AS a FROM s')));
    await rule.start();
    publish(1, 60_000);
    publish(2, 60_000);
    await rule.stop();
    expect(values()).toEqual([1, 2]);
    expect(confirmed).toEqual([1, 2]);
  });

  it('a checkpoint waits for the results before it', async () => {
    await h.runtime.createRule(h.define('r', compiled('SELECT delay(pause, sum(a)) AS a FROM s GROUP BY COUNTWINDOW(2)'))).start();
    publish(1, 30_000);
    publish(2, 30_000);
    await h.settle(() => true, 29_000);
    expect(confirmed).toEqual([]);
    await h.settle(() => values().length === 1, 1_000);
    expect(values()).toEqual([3]);
    await h.settle(() => confirmed.length === 2, 15_000);
  });
});

// Rules over scan tables, from SQL to the sink, on a runtime.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compileRule } from '../../../src/compile/index.ts';
import { createFunctionCatalogue } from '../../../src/functions/index.ts';
import { planRule } from '../../../src/plan/index.ts';
import { parseSelect } from '../../../src/sql/index.ts';
import { type Harness, harness } from '../harness.ts';

const functions = createFunctionCatalogue();
let h: Harness;
beforeEach(() => {
  h = harness();
});
afterEach(() => h.end());

async function start(sql: string, id = 'r') {
  const plan = planRule(parseSelect(sql), { source: (name) => ({ name, kind: name === 's' ? 'stream' : 'table' }), functions }, { sql });
  const rule = h.runtime.createRule({
    ...h.define(id, compileRule(plan)),
    sources: (name) => ({ ...h.spec(name), kind: name === 's' ? 'stream' : 'scan-table', retainSize: 3 }),
  });
  await rule.start();
  return rule;
}
const send = (source: string, row: object, confirmed?: () => void) =>
  h.sources.find((s) => s.datasource === source && s.closedBy === undefined)!.emit(Buffer.from(JSON.stringify(row)), undefined, confirmed);

it('a table that is joined twice under two names', async () => {
  await start('SELECT v, x.name AS a, y.name AS b FROM s INNER JOIN tbl AS x ON s.i = x.id LEFT JOIN tbl AS y ON s.j = y.id');
  for (const id of [1, 2]) send('tbl', { id, name: `n${id}` });
  send('s', { v: 1, i: 1, j: 2 });
  send('s', { v: 2, i: 2, j: 9 });
  await h.settle(() => h.sink.got.length === 2);
  expect(h.sink.rows()).toEqual([
    { v: 1, a: 'n1', b: 'n2' },
    { v: 2, a: 'n2' },
  ]);
});

it('messages of a join without window are confirmed when the sink has their result', async () => {
  await start('SELECT v, name FROM s INNER JOIN tbl ON s.i = tbl.id');
  h.sink.behaviour = 'hold';
  let confirmed = 0;
  send('tbl', { id: 1, name: 'one' }, () => confirmed++);
  expect(confirmed).toBe(1);
  send('s', { v: 1, i: 1 }, () => confirmed++);
  await h.settle(() => h.sink.holding.length === 1);
  expect(confirmed).toBe(1);
  h.sink.holding[0]!.resolve();
  await h.settle(() => confirmed === 2);
});

it('a rule that stops gives its tables up', async () => {
  const rule = await start('SELECT v, name FROM s INNER JOIN tbl ON s.i = tbl.id');
  await rule.stop();
  await h.settle(() => h.sources.every((s) => s.closedBy !== undefined));
});

// `kuiper events`: what is told of rules between two looks, and the command on a whole gateway.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { eventsBetween, type RuleEvent } from '../../src/cli/commands/events.ts';
import { realGateway } from '../helpers/real-gateway.ts';

const rule = (id: string, more: object = {}) => ({
  id,
  state: 'running',
  ok: true,
  problems: [] as string[],
  recordsIn: 0,
  recordsOut: 0,
  exceptions: 0,
  waiting: 0,
  lastMessageAtMs: 0,
  startedAtMs: 1,
  ...more,
});
const told = (old: object[], now: object[]) =>
  eventsBetween({ atMs: 1, rules: old } as never, { atMs: 2, rules: now } as never).map((e) => `${e.atMs} ${e.rule} ${e.what}: ${e.text}`);

// @covers issue:23#2
test('states, new runs, rules that come and go, problems that come and go are told; figures that grow are not', () => {
  expect(told([rule('a')], [rule('a', { recordsIn: 5 })])).toEqual([]);
  expect(told([rule('a'), rule('b')], [rule('a', { state: 'stopped' }), rule('c')])).toEqual([
    '2 b removed: removed',
    '2 a state: running → stopped',
    '2 c made: made, running',
  ]);
  expect(told([rule('a')], [rule('a', { startedAtMs: 2 })])).toEqual(['2 a state: running in a new run']);
  expect(told([rule('a')], [rule('a', { problems: ['3 rows wait.'] })])).toEqual(['2 a problem: 3 rows wait.']);
  expect(told([rule('a', { problems: ['3 rows wait.'] })], [rule('a', { problems: ['40 rows wait.'] })])).toEqual([]);
  expect(told([rule('a', { problems: ['3 rows wait.'] })], [rule('a')])).toEqual(['2 a solved: 3 rows wait.']);
});

test('the command prints a JSON object a line in a pipe, of one rule where it is named, and ends after --count', async () => {
  const gateway = await realGateway();
  try {
    await gateway.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (DATASOURCE="t", TYPE="memory", FORMAT="json")' });
    const out: string[] = [];
    const code = runCli(
      ['--url', gateway.url, 'events', 'r', '-n', '1', '--interval', '0.2'],
      {},
      { out: (t) => void out.push(t), err: () => undefined, terminal: false, color: false },
    );
    let over = false;
    void code.finally(() => (over = true));
    // whenever the first look is: the rules come and go until one was told
    while (!over)
      for (const id of ['q', 'r']) {
        await gateway.call('POST', '/rules', { id, sql: 'SELECT a FROM s', actions: [{ nop: {} }] });
        await sleep(300);
        await gateway.call('DELETE', `/rules/${id}`);
      }
    expect(await code).toBe(0);
    expect(out.map((l) => JSON.parse(l) as RuleEvent)).toMatchObject([{ rule: 'r', what: expect.stringMatching(/^(made|removed)$/) }]);
    expect(await runCli(['--url', gateway.url, 'events', '--interval', '0.1'], {}, () => undefined)).toBe(2);
  } finally {
    await gateway.close();
  }
});

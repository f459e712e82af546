// `kuiper plot`: what is drawn, and what a pipe gets.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { numberIn, plotPage } from '../../src/cli/commands/plot.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

let gateway: RealGateway;
beforeAll(async () => {
  gateway = await realGateway();
  const keys = { data: [{ v: 1, o: { x: '2.5' } }, { v: 'none' }, { v: 3 }], interval: '10ms', loop: true };
  await gateway.call('PUT', '/metadata/sources/simulator/confKeys/feed', keys);
  await gateway.call('POST', '/streams', {
    sql: 'CREATE STREAM feed () WITH (DATASOURCE="x", TYPE="simulator", CONF_KEY="feed", FORMAT="json")',
  });
});
afterAll(() => gateway.close());

async function kuiper(...args: string[]): Promise<{ out: string[]; err: string; code: number }> {
  const out: string[] = [];
  let err = '';
  const code = await runCli(
    ['--url', gateway.url, ...args],
    {},
    { out: (t) => void out.push(t), err: (t) => (err += t), terminal: false, color: false },
  );
  return { out, err, code };
}

// @covers issue:23#3
test('a pipe gets the values of the column, one a line, without rows that have none, and its end after --count', async () => {
  const { out, code } = await kuiper('plot', 'feed', 'v', '-n', '4');
  expect([code, out.length, new Set(out)]).toEqual([0, 4, new Set(['1', '3'])]);
  expect((await kuiper('plot', 'feed', 'o.x', '-n', '1')).out).toEqual(['2.5']);
  // its trial is gone
  expect(JSON.parse((await gateway.call('GET', '/rules')).text)).toEqual([]);
  expect(await kuiper('plot', 'feed')).toMatchObject({ code: 2, err: 'Expect a stream, rule or topic, and a column.' });
  expect((await kuiper('plot', 'feed', 'v', '-n', '0')).code).toBe(2);
});

test.each([
  ['{"a":1.5}', 'a', 1.5],
  ['{"a":"7"}', 'a', 7],
  ['{"a":true}', 'a', 1],
  ['{"a.b":2}', 'a.b', 2],
  ['{"a":{"b":3}}', 'a.b', 3],
  ['{"a":""}', 'a', undefined],
  ['{"a":"x"}', 'a', undefined],
  ['{"a":null}', 'a', undefined],
  ['{}', 'toString', undefined],
  ['an error of the trial', 'a', undefined],
])('of %s the column %s is drawn as %s', (json, column, value) => {
  expect(numberIn(json, column)).toBe(value);
});

test('the newest values that fit are drawn between the smallest and the largest, a constant in the middle', () => {
  expect(plotPage('demo t', [0, 4, 8], 40, 5)).toBe('demo t: 8\n8 │  █\n0 │▁██');
  expect(plotPage('demo t', [0, 1, 2, 3, 8], 6, 4)).toBe('demo …\n8 │▂▃█');
  expect(plotPage('demo t', [5, 5], 40, 5).split('\n').slice(1)).toEqual(['5 │', '5 │██']);
  expect(plotPage('bad\u001b[2J', [], 40, 5)).toBe('bad\\u001b[2J\n\nNo value yet.');
  expect(
    plotPage(
      't',
      Array.from({ length: 5_000 }, (_, i) => i),
      80,
      24,
    ).split('\n'),
  ).toHaveLength(21);
});

// What a plugin's author sees when something goes wrong: the plugin's own log with what it said, what failed, and the place in the source.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, TICKER, until } from './helpers/plugin-root.ts';

interface Line {
  number: number;
  level: string;
  text: string;
  times: number;
  rule?: string;
}
let p: PluginRoot;
const logs = (kind: string, name: string, after = 0) => p.get<Line[]>(`/plugins/${kind}/${name}/logs?after=${after}`);
beforeAll(async () => {
  p = makePluginRoot();
  await p.start();
  p.put('sources', 'ticker.ts', TICKER);
  await until('ticker is there', async () => (await p.get<string[]>('/plugins/sources')).length === 1);
  await p.stream('t', 'ticker');
}, 30_000);
afterAll(() => p.close());

// @covers issue:15#3
// @covers finding:ease#B3
test('an exception of exec names file, line and column in the rule status and in the log, counted instead of repeated', async () => {
  p.put(
    'functions',
    'failing.ts',
    'interface A { b: { c: number } }\nexport class Failing {\n  exec([n]: [A | undefined]) {\n    return (n as any).a.b;\n  }\n}\n',
  );
  await until('failing is there', async () => (await p.get<string[]>('/plugins/functions')).includes('failing'));
  await p.rule('f', 'SELECT failing(n) AS v FROM t', [{ log: {} }]);
  const text = "Cannot read properties of undefined (reading 'b') (failing.ts:4:";
  await until('three failures', async () => (await logs('functions', 'failing')).some((l) => l.times > 2));
  const lines = (await logs('functions', 'failing')).filter((l) => l.level === 'warn');
  expect(lines.length).toBe(1);
  expect(lines[0]).toMatchObject({ rule: 'f' });
  expect(lines[0]!.text).toContain(text);
  expect((await p.daemon.call('GET', '/rules/f/status')).text).toContain(`call func failing error: ${text}`);
  const own = p.daemon.lines.filter((l) => l['plugin'] === 'functions/failing' && l['level'] === 'warn');
  expect(own.length).toBe(1); // the gateway's log is not flooded
  expect(String(own[0]!['error'])).toContain(text);
});

test('what a plugin logs is kept even below the level of the gateway, and `after` gives only what is new', async () => {
  p.put(
    'sinks',
    'chatty.ts',
    "let n = 0;\nexport class Chatty {\n  collect(ctx) { ctx.getLogger().debug('row', { n: ++n }); if (n === 2) throw Object.assign(new Error('no'), { retriable: false }); }\n}\n",
  );
  await until('chatty is there', async () => (await p.get<string[]>('/plugins/sinks')).includes('chatty'));
  await p.rule('c', 'SELECT n FROM t', [{ chatty: {} }]);
  await until('rows', async () => (await logs('sinks', 'chatty')).some((l) => l.text.includes('"n":3') || l.text.includes('n: 3')));
  const all = await logs('sinks', 'chatty');
  expect(all.some((l) => l.level === 'debug' && l.text.startsWith('row'))).toBe(true);
  expect(all.some((l) => /^A call of the plugin failed\. error: no \(chatty\.ts:3:\d+\)$/.test(l.text))).toBe(true);
  const last = Math.max(...all.map((l) => l.number));
  const next = await logs('sinks', 'chatty', last);
  expect(next.every((l) => l.number > last)).toBe(true);
  expect((await p.daemon.call('GET', '/plugins/sinks/nobody/logs')).status).toBe(404);
});

test('a place in a bundle is that of the author’s own file', async () => {
  const map = { version: 3, sources: ['src/deep.ts'], sourcesContent: null, names: [], mappings: 'AAAA;AACA;AAUA' };
  const inline = `//# sourceMappingURL=data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
  p.put('functions', 'bundled.mjs', `export class Bundled { exec() {\n;\nthrow new Error('deep'); } }\n${inline}\n`);
  await until('bundled is there', async () => (await p.get<string[]>('/plugins/functions')).includes('bundled'));
  await p.rule('b', 'SELECT bundled(n) AS v FROM t', [{ log: {} }]);
  await until('a failure', async () => (await logs('functions', 'bundled')).some((l) => l.level === 'warn'));
  const failure = (await logs('functions', 'bundled')).find((l) => l.level === 'warn');
  expect(failure!.text).toContain('deep (deep.ts:12:1)');
});

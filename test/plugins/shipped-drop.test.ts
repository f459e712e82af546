// A shipped plugin in a contained process: dropped as it is, it may do what its kind needs (files below the root, network), and its rows arrive.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePluginRoot, type PluginRoot, until } from './helpers/plugin-root.ts';

let p: PluginRoot;
const posted: string[] = [];
const http = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  posted.push(body);
  response.end('{}');
});
beforeAll(async () => {
  p = makePluginRoot();
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  await p.start();
  for (const [kind, file] of [
    ['sources', 'systemInfo.ts'],
    ['sinks', 'sqlite.ts'],
    ['sinks', 'webhook.ts'],
  ] as const)
    p.put(kind, file, readFileSync(join('plugins', kind, file), 'utf8'));
  await until('all live', () => {
    const file = join(p.root, 'plugins/STATUS.txt');
    return existsSync(file) && (readFileSync(file, 'utf8').match(/ live$/gm) ?? []).length === 3;
  });
}, 40_000);
afterAll(async () => {
  http.close();
  await p.close();
});

// @covers issue:15#4
test('systemInfo, sqlite and webhook work as they are dropped, in the containment that every dropped file gets', async () => {
  await p.daemon.call('PUT', '/metadata/sources/systemInfo/confKeys/fast', { every: '200ms' });
  await p.stream('board', 'systemInfo', ', CONF_KEY="fast"');
  await p.rule('board', 'SELECT uptimeSeconds, load->cores AS cores FROM board', [
    { sqlite: { file: 'board.db', table: 'board' } },
    { webhook: { url: `http://127.0.0.1:${(http.address() as { port: number }).port}/x` } },
  ]);
  const rows = () => {
    const file = join(p.root, 'data/board.db');
    if (!existsSync(file)) return [];
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      return db.prepare('SELECT cores FROM board').all();
    } catch {
      return []; // the table is not there yet
    } finally {
      db.close();
    }
  };
  await until('rows in the file', () => rows().length > 1).catch(async (e) =>
    expect(`${e.message} ${(await p.daemon.call('GET', '/rules/board/status')).text}`).toBe(''),
  );
  expect(Number(rows()[0]!['cores'])).toBeGreaterThan(0);
  await until('posts', () => posted.length > 1);
  expect(JSON.parse(posted[0]!)[0]).toHaveProperty('uptimeSeconds');
});

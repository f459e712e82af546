// A real daemon dies at every step of an import: at its next start it is what it was before, or what it was to be, never something between.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeArchive } from '../../src/plugin-host/index.ts';
import { runDaemon } from './daemon-process.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-kill-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A whole configuration; everything in it has the number. */
const configuration = (n: number) => ({
  streams: { [`s${n}`]: `CREATE STREAM s${n} () WITH (DATASOURCE="s${n}", TYPE="memory", FORMAT="JSON")` },
  tables: {},
  rules: {
    [`r${n}`]: JSON.stringify({ id: `r${n}`, sql: `SELECT whatNumber() AS n FROM s${n}`, actions: [{ nop: {} }] }),
    same: JSON.stringify({ id: 'same', name: `${n}`, sql: `SELECT * FROM s${n}`, actions: [{ nop: {} }] }),
  },
  nativePlugins: {
    functions_whatNumber: JSON.stringify({
      name: 'whatNumber',
      file: `data:application/zip;base64,${writeArchive([
        { path: 'whatNumber.ts', content: Buffer.from(`export class WhatNumber { exec() { return ${n}; } }`) },
      ]).toString('base64')}`,
    }),
  },
  sourceConfig: { mqtt: JSON.stringify({ key: { server: `tcp://h${n}`, password: `p${n}` } }) },
  connectionConfig: { mqtt: JSON.stringify({ [`c${n}`]: { server: `tcp://h${n}` } }) },
  Schema: { protobuf_m: JSON.stringify({ type: 'protobuf', name: 'm', content: `syntax = "proto3"; message M${n} { string a = 1; }` }) },
  uploads: { 'u.csv': JSON.stringify({ name: 'u.csv', content: `${n}` }), [`u${n}.csv`]: JSON.stringify({ content: '' }) },
});

type Daemon = Awaited<ReturnType<typeof runDaemon>>;

/** Everything that tells the one from the other. */
const seen = async ({ call }: Daemon, folder = root) => {
  const all = JSON.parse((await call('GET', '/data/export')).text) as ReturnType<typeof configuration>;
  return {
    streams: Object.keys(all.streams),
    rules: Object.entries(all.rules)
      .map(([id, text]) => [id, (JSON.parse(text) as { name?: string }).name ?? ''])
      .sort(([a], [b]) => (a! < b! ? -1 : 1)),
    key: (JSON.parse(all.sourceConfig.mqtt) as { key: { server: string } }).key.server,
    connections: Object.keys(JSON.parse(all.connectionConfig.mqtt) as object),
    schema: /message (\w+)/.exec(all.Schema.protobuf_m)![1],
    upload: readFileSync(join(folder, 'data/uploads/u.csv'), 'utf8'),
    plugin: /return (\d)/.exec(readFileSync(join(folder, 'plugins/functions/whatNumber.ts'), 'utf8'))![1],
  };
};
const expected = (n: number) => ({
  streams: [`s${n}`],
  rules: [
    [`r${n}`, ''],
    ['same', `${n}`],
  ],
  key: `tcp://h${n}`,
  connections: [`c${n}`],
  schema: `M${n}`,
  upload: `${n}`,
  plugin: `${n}`,
});

// @covers issue:21#3
test('a daemon that is killed at any step of an import is before it or after it at its next start', async () => {
  const importing = (d: Daemon, n: number) => d.call('POST', '/data/import', { content: JSON.stringify(configuration(n)) });
  const first = await runDaemon(root);
  const answer = await importing(first, 1);
  expect(answer.status, answer.text).toBe(200);
  await first.stop();
  let now = 1;
  const steps: string[] = [];
  const outcomes: string[] = [];
  for (let step = 1; ; step++) {
    const daemon = await runDaemon(root, { KUIPER_TEST_HOOKS: '1', KUIPER_KILL_AT: String(step) });
    if (step > 1) {
      // what the one before has left
      const found = await seen(daemon);
      const is = found.streams[0] === `s${3 - now}` ? 3 - now : now;
      expect(found, `killed at ${steps.at(-1)}`).toEqual(expected(is));
      expect(readdirSync(join(root, 'data'))).not.toContain('transfer');
      outcomes.push(is === now ? 'before' : 'after');
      now = is;
    }
    const done = await importing(daemon, 3 - now).then(
      (a) => a.status,
      () => 'killed' as const,
    );
    if (done !== 'killed') {
      // one step more than there are: this one went through
      expect(done).toBe(200);
      expect(await seen(daemon)).toEqual(expected(3 - now));
      await daemon.stop();
      break;
    }
    await daemon.ended;
    steps.push(String(daemon.lines.find((l) => l['msg'] === 'killed')!['step']));
  }
  // the way back ends at the transaction
  const turn = steps.indexOf('committed');
  expect(outcomes).toEqual(steps.map((_s, i) => (i < turn ? 'before' : 'after')));
  expect(steps).toEqual(
    expect.arrayContaining([
      'begun',
      'kept',
      'plugin functions_whatNumber',
      'file u.csv',
      'checked',
      'copied',
      'staged',
      'committed',
      'finished',
    ]),
  );
}, 300_000);

// @covers issue:21#2
test('a daemon that is killed at any step of a restore is before it or after it at its next start', async () => {
  const folder = join(root, 'restored');
  mkdirSync(join(folder, 'etc/certs'), { recursive: true });
  const passphrase = 'correct horse';
  const certificate = join(folder, 'etc/certs/own.crt');
  const backups: Record<number, string> = {};
  const first = await runDaemon(folder);
  for (const n of [1, 2]) {
    expect((await first.call('POST', '/data/import', { content: JSON.stringify(configuration(n)) })).status).toBe(200);
    writeFileSync(certificate, `${n}`);
    const file = await fetch(`${first.url}/backup`, { method: 'POST', body: JSON.stringify({ passphrase, state: true }) });
    expect(file.status).toBe(200);
    backups[n] = Buffer.from(await file.arrayBuffer()).toString('base64');
  }
  await first.stop();
  const all = async (daemon: Daemon) => ({ ...(await seen(daemon, folder)), certificate: readFileSync(certificate, 'utf8') });
  const whole = (n: number) => ({ ...expected(n), certificate: `${n}` });
  let now = 2;
  const steps: string[] = [];
  for (let step = 1; ; step++) {
    const daemon = await runDaemon(folder, { KUIPER_TEST_HOOKS: '1', KUIPER_KILL_AT: String(step) });
    const found = await all(daemon);
    now = found.streams[0] === 's1' ? 1 : 2;
    expect(found, `killed at ${steps.at(-1)}`).toEqual(whole(now));
    expect(readdirSync(join(folder, 'data'))).not.toContain('transfer');
    const done = await daemon.call('POST', '/restore', { backup: backups[3 - now], passphrase }).then(
      (a) => a.status,
      () => 'killed' as const,
    );
    if (done !== 'killed') {
      expect(done).toBe(200);
      expect(await all(daemon)).toEqual(whole(3 - now));
      await daemon.stop();
      break;
    }
    await daemon.ended;
    steps.push(String(daemon.lines.find((l) => l['msg'] === 'killed')!['step']));
  }
  expect(steps).toEqual(
    expect.arrayContaining(['begun', 'restored files', 'checked', 'copied', 'staged', 'committed', 'finished', 'live']),
  );
}, 300_000);

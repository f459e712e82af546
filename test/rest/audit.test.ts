// What of REST goes into the audit log, as whose, and how it is read: over REST and the command line.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { runCli } from '../../src/cli/cli.ts';
import { createAuditHook } from '../../src/rest/audit-hook.ts';
import type { AuditEntry, AuditEvent } from '../../src/service/index.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
let box: RealGateway;
const admin = { Authorization: 'Bearer admin-token-1' };
const viewer = { Authorization: 'Bearer viewer-token-1' };
beforeAll(async () => {
  box = await realGateway({}, 'basic:\n  authentication: true\n', (root) => {
    mkdirSync(join(root, 'etc/mgmt'), { recursive: true });
    writeFileSync(join(root, 'etc/mgmt/tokens'), `ann admin ${sha('admin-token-1')}\npanel viewer ${sha('viewer-token-1')}\n`);
  });
});
afterAll(() => box.close());
const entries = async () => JSON.parse((await box.call('GET', '/audit', undefined, admin)).text) as AuditEntry[];

describe('the audit log of REST', () => {
  // @covers issue:17#7
  test('names who changed what, with the hash of what was given; reads leave no line; secrets leave none in clear', async () => {
    const stream = JSON.stringify({ sql: 'CREATE STREAM demo () WITH (DATASOURCE="a", TYPE="memory", FORMAT="JSON")' });
    await box.call('POST', '/streams', stream, admin);
    await box.call('GET', '/streams', undefined, admin);
    await box.call('POST', '/rules', { id: 'r', sql: 'SELECT * FROM demo', actions: [{ nop: {} }] }, admin);
    await box.call('POST', '/rules', { id: 'bad', sql: 'SELECT', actions: [] }, admin);
    await box.call('PUT', '/secrets/broker', { value: 'very-secret-1' }, admin);
    await box.call('PUT', '/settings/basic.logLevel', { value: 'warn' }, admin);
    await box.call('DELETE', '/rules/r', undefined, viewer);
    await box.call('DELETE', '/rules/r', undefined, admin);
    await box.call('GET', '/rules', undefined, { Authorization: 'Bearer wrong' });
    const found = (await entries()).filter((e) => e.who !== 'files');
    expect(found.map((e) => [e.who, e.what, e.target, e.outcome, e.detail.split(' ')[0]])).toEqual([
      ['ann', 'POST /streams', 'CREATE STREAM demo', 'done', '201'],
      ['ann', 'POST /rules', 'r', 'done', '201'],
      ['ann', 'POST /rules', 'bad', 'refused', '400'],
      ['ann', 'PUT /secrets/broker', '', 'done', '200'],
      ['ann', 'PUT /settings/basic.logLevel', '', 'done', '200'],
      ['panel', 'DELETE /rules/r', '', 'denied', '403'],
      ['ann', 'DELETE /rules/r', '', 'done', '200'],
      ['', 'GET /rules', '', 'denied', '401'],
    ]);
    expect(found[0]!.detail).toBe(`201 sha256 ${sha(stream)}`);
    expect(found.every((e) => e.from === '127.0.0.1')).toBe(true);
    expect(JSON.stringify(found)).not.toContain('very-secret-1');
    expect((await box.call('GET', '/audit', undefined, viewer)).status).toBe(403);
    expect((await box.call('GET', '/audit/check', undefined, viewer)).status).toBe(403);
  });

  test('is shown, exported and checked by the command line, and an export that was changed is found', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-audit-cli-'));
    const kuiper = async (...args: string[]) => {
      const lines: string[] = [];
      const code = await runCli(['--url', box.url, '--token', 'admin-token-1', 'audit', ...args], {}, (t) => lines.push(t));
      return { code, text: lines.join('\n') };
    };
    const file = join(folder, 'audit.jsonl');
    expect((await kuiper('-n', '1')).text.split('\n').length).toBe(1);
    expect((await kuiper()).text).toMatch(/ann {2}127\.0\.0\.1 {2}done {2}POST \/streams {2}CREATE STREAM demo {2}201 sha256 [0-9a-f]{8}…/);
    expect((await kuiper('--check')).text).toMatch(/The record is whole\.$/);
    expect((await kuiper('--export', file)).code).toBe(0);
    expect(await kuiper('--check', file)).toMatchObject({ code: 0 });
    writeFileSync(file, readFileSync(file, 'utf8').replace('"who":"ann"', '"who":"eve"'));
    const broken = await kuiper('--check', file);
    expect(broken.code).toBe(4);
    expect(broken.text).toContain('The record is broken: line 1: entry 1 was changed.');
    rmSync(folder, { recursive: true, force: true });
  });

  test('has plugins that were dropped in as files', async () => {
    writeFileSync(
      join(box.root, 'plugins/functions/twice.ts'),
      'export class Twice { exec(args) { return args[0]; } isAggregate() { return false; } }',
    );
    const until = Date.now() + 10_000;
    let found: AuditEntry | undefined;
    while (!found && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = (await entries()).find((e) => e.who === 'files');
    }
    expect(found).toMatchObject({ what: 'plugin added', target: 'functions/twice', outcome: 'done' });
  });
});

describe('denied calls', () => {
  test('of one address leave a line a minute, with the number of those between', async () => {
    const seen: AuditEvent[] = [];
    const clock = createVirtualClock();
    const hook = createAuditHook((e) => seen.push(e), clock, new Set());
    const denied = (from: string, status = 401) =>
      hook.call({ method: 'GET', url: '/rules?x=1', who: '', from, body: new Uint8Array(), status, denied: true });
    for (let i = 0; i < 100; i++) denied('10.0.0.1');
    denied('10.0.0.2');
    denied('10.0.0.1', 403);
    expect(seen.map((e) => [e.from, e.what, e.detail])).toEqual([
      ['10.0.0.1', 'GET /rules', '401'],
      ['10.0.0.2', 'GET /rules', '401'],
      ['10.0.0.1', 'GET /rules', '403'],
    ]);
    await clock.advance(60_000);
    denied('10.0.0.1');
    expect(seen[3]!.detail).toBe('401; 99 more since the last line');
  });

  test('questions over POST are no changes, GET /stop is one', () => {
    const seen: AuditEvent[] = [];
    const hook = createAuditHook((e) => seen.push(e), createVirtualClock(), new Set(['/sql/lint']));
    const call = (method: string, url: string) =>
      hook.call({ method, url, who: 'local', from: '', body: new Uint8Array(), status: 200, denied: false });
    for (const [m, u] of [
      ['GET', '/rules'],
      ['POST', '/rules/validate'],
      ['POST', '/sql/lint'],
      ['POST', '/data/export'],
      ['HEAD', '/'],
      ['OPTIONS', '/rules'],
    ] as const)
      call(m, u);
    expect(seen).toEqual([]);
    call('GET', '/stop');
    call('PATCH', '/configs');
    call('POST', '/backup');
    expect(seen.map((e) => e.what)).toEqual(['GET /stop', 'PATCH /configs', 'POST /backup']);
  });
});

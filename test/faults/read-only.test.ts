// The root is on a disk that went read-only, as ext4 does it on a bad card: the gateway starts, rules run as they are stored, changes are refused in
// words, and it says so loudly. Needs a mount, and so root.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningDaemon, runDaemon } from '../daemon/daemon-process.ts';
import { canMount } from '../helpers/mount.ts';

let root: string;
let daemon: RunningDaemon | undefined;
const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, root]);
const until = async (what: () => Promise<boolean>) => {
  for (let i = 0; i < 100; i++) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it did not come');
};

describe.runIf(canMount)('a root that is read-only', () => {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kuiper-ro-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', root]);
  });
  afterEach(async () => {
    await daemon?.stop('SIGKILL');
    execFileSync('umount', ['-l', root]);
    rmSync(root, { recursive: true, force: true });
  });

  const fill = async () => {
    daemon = await runDaemon(root);
    const stream = 'CREATE STREAM s () WITH (DATASOURCE="t/in", TYPE="memory", FORMAT="JSON")';
    const ticks = 'CREATE STREAM ticks () WITH (TYPE="simulator", DATASOURCE="x", FORMAT="JSON")';
    expect((await daemon.call('POST', '/streams', { sql: stream })).status).toBe(201);
    expect((await daemon.call('POST', '/streams', { sql: ticks })).status).toBe(201);
    const rule = {
      id: 'r',
      sql: 'SELECT count(*) AS n FROM ticks GROUP BY TUMBLINGWINDOW(ms, 200)',
      actions: [{ nop: {} }],
      options: { qos: 1 },
    };
    const answer = await daemon.call('POST', '/rules', rule);
    expect([answer.status, answer.text]).toEqual([201, expect.stringContaining('created')]);
  };
  const works = async () => {
    await until(async () => {
      const status = JSON.parse((await daemon!.call('GET', '/rules/r/status')).text) as Record<string, unknown>;
      return Number(status['sink_nop_0_0_records_in_total']) > 0;
    });
    const info = JSON.parse((await daemon!.call('GET', '/')).text) as { problems: string[] };
    expect(info.problems.join('\n')).toMatch(/sqliteKV\.db: it cannot be opened .*what is stored is in effect, changes are refused/);
    expect(daemon!.lines.some((l) => l['level'] === 'error' && l['code'] === 'READ_ONLY')).toBe(true);
    const refused = await daemon!.call('POST', '/streams', {
      sql: 'CREATE STREAM other () WITH (DATASOURCE="x", TYPE="memory", FORMAT="JSON")',
    });
    expect(refused.status).toBe(500);
    expect(refused.text).toMatch(/store sqliteKV\.db: SQLITE_(READONLY|CANTOPEN)/);
    expect((await daemon!.call('GET', '/streams/other')).text).toContain('not found');
    expect((await daemon!.call('DELETE', '/rules/r')).status).toBe(500);
    expect(JSON.parse((await daemon!.call('GET', '/rules')).text)).toHaveLength(1);
  };

  // @covers issue:13#6
  // @covers finding:security#D6
  it('after a clean stop: it starts and runs its rules; when it can be written again, changes are kept', async () => {
    await fill();
    await daemon!.stop();
    remount('ro');
    daemon = await runDaemon(root);
    await works();
    remount('rw');
    const answer = await daemon.call('POST', '/streams', {
      sql: 'CREATE STREAM later () WITH (DATASOURCE="x", TYPE="memory", FORMAT="JSON")',
    });
    expect([answer.status, answer.text]).toEqual([201, expect.stringContaining('later')]);
    await daemon.stop();
    daemon = await runDaemon(root);
    expect(JSON.parse((await daemon.call('GET', '/streams')).text).sort()).toEqual(['later', 's', 'ticks']);
  }, 60_000);

  // @covers issue:13#6
  it('after a kill, with the log of SQLite there: nothing that was acknowledged is missing', async () => {
    await fill();
    await daemon!.stop('SIGKILL');
    expect(existsSync(join(root, 'data', 'sqliteKV.db-wal'))).toBe(true);
    remount('ro');
    daemon = await runDaemon(root);
    await works();
  }, 60_000);

  // @covers issue:13#6
  // @covers finding:security#D6
  it('that can be written: unfinished files of an earlier run are gone after the start, and never listed', async () => {
    await fill();
    await daemon!.stop('SIGKILL');
    for (const name of ['uploads/x.txt.part', 'uploads/y.77.tmp', 'schemas/protobuf/a.proto.tmp', 'gateway-id.9.tmp'])
      writeFileSync(join(root, 'data', name), 'half');
    writeFileSync(join(root, 'data/uploads/mine.tmp'), 'whole');
    daemon = await runDaemon(root);
    expect(readdirSync(join(root, 'data/uploads'))).toEqual(['mine.tmp']);
    expect(readdirSync(join(root, 'data/schemas/protobuf'))).toEqual([]);
    expect(existsSync(join(root, 'data/gateway-id.9.tmp'))).toBe(false);
    expect(daemon.lines.find((l) => l['msg'] === 'Unfinished files of an earlier run were removed.')!['files']).toHaveLength(4);
    writeFileSync(join(root, 'data/uploads/z.txt.part'), 'under way');
    expect((await daemon.call('GET', '/config/uploads')).text).not.toContain('.part');
    const refused = await daemon.call('POST', '/config/uploads', { name: 'a.part', content: 'x' });
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('unfinished files')]);
  }, 60_000);
});

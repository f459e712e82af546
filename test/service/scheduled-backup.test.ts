// Backups that make themselves: when, where to, what is kept, what health says.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { putBackup } from '../../src/service/backup/places.ts';
import { type BackupScheduleSettings, noBackups, openScheduledBackups } from '../../src/service/backup/scheduled.ts';
import { createMemoryStore } from './memory-store.ts';

const HOUR_MS = 3_600_000;
let root: string;
const ends: (() => unknown)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-schedule-'));
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  rmSync(root, { recursive: true, force: true });
});

async function schedule(settings: Partial<BackupScheduleSettings>, store = createMemoryStore(), clock = createVirtualClock()) {
  const asked: unknown[] = [];
  const { log, lines } = createMemoryLog();
  const now = { ...noBackups, everyMs: HOUR_MS, places: [join(root, 'to')], withoutSecrets: true, keep: 3, ...settings };
  const backups = await openScheduledBackups({
    settings: () => now,
    backup: {
      create: async (request) => {
        asked.push(request);
        return Buffer.from(`backup ${asked.length}`);
      },
    },
    table: store.kv('scheduledBackup'),
    clock,
    log,
    gatewayId: () => 'box1',
    read: (path) => readFileSync(path, 'utf8'),
  });
  ends.push(() => backups.close());
  /** Files take real time. */
  const pass = async (ms: number) => {
    await clock.advance(ms);
    await vi.waitFor(() => expect(backups.status().places.every((p) => p.lastTryAtMs > 0)).toBe(true), { timeout: 20_000 });
    await new Promise((r) => setTimeout(r, 20));
  };
  return { backups, asked, lines, now, store, clock, pass, files: () => readdirSync(now.places[0]!).sort() };
}

describe('scheduled backups', () => {
  // @covers issue:21#2
  it('the first is made soon after the start, the next an interval later, also over a restart; a folder keeps so many', async () => {
    const s = await schedule({});
    expect(s.backups.problems()).toEqual([]);
    await s.pass(30_000);
    expect([s.asked.length, s.files().length]).toEqual([1, 1]);
    expect(s.asked[0]).toEqual({ withoutSecrets: true, state: false });
    await s.pass(HOUR_MS - 60_000);
    expect(s.asked.length).toBe(1);
    s.backups.close();
    const again = await schedule({}, s.store, s.clock);
    await again.pass(30_000);
    expect(again.asked.length).toBe(0);
    await again.pass(60_000);
    expect(again.asked.length).toBe(1);
    for (let n = 0; n < 3; n++) await again.pass(HOUR_MS + 30_000);
    expect([again.asked.length, again.files().length]).toEqual([4, 3]);
    for (const name of again.files()) expect(name).toMatch(/^kuiper-box1-[\dTZ-]+\.kuiperbackup$/);
    expect(readFileSync(join(root, 'to', again.files().at(-1)!), 'utf8')).toBe('backup 4');
    expect(again.backups.problems()).toEqual([]);
  });

  it('files of others and of other gateways in the folder stay', async () => {
    const folder = join(root, 'to');
    mkdirSync(folder);
    const others = ['kuiper-box2-2020-01-01T00-00-00-000Z.kuiperbackup', 'photo.jpg', 'kuiper-box1.txt'];
    for (const name of others) writeFileSync(join(folder, name), '');
    const s = await schedule({ keep: 1 });
    await s.pass(30_000);
    await s.pass(HOUR_MS + 30_000);
    expect(s.files().length).toBe(4);
    expect(s.files()).toEqual(expect.arrayContaining(others));
  });

  it('one that fails is a problem with its reason, is tried again after a minute, and the others are made', async () => {
    const good = join(root, 'good');
    writeFileSync(join(root, 'file'), '');
    const s = await schedule({ places: [join(root, 'file/below'), good] });
    await s.pass(30_000);
    const [bad, ok] = s.backups.status().places;
    expect([bad!.lastOkAtMs, bad!.error, ok!.error]).toEqual([0, expect.stringContaining('ENOTDIR'), '']);
    expect(s.backups.problems()).toEqual([expect.stringMatching(/^The backup to .*file\/below failed \(there is none yet\): .*ENOTDIR/)]);
    expect(s.lines.filter((l) => l.code === 'BACKUP_FAILED').length).toBe(1);
    rmSync(join(root, 'file'));
    await s.pass(30_000);
    expect(s.asked.length).toBe(1);
    await s.pass(30_000);
    expect(s.asked.length).toBe(2);
    expect(s.backups.problems()).toEqual([]);
    expect(readdirSync(good).length).toBe(1);
  });

  it('one that is overdue by half an interval is a problem, and so is a wish without a place', async () => {
    const s = await schedule({});
    await s.pass(30_000);
    s.backups.close();
    await s.clock.advance(1.5 * HOUR_MS);
    expect(s.backups.problems()).toEqual([]);
    await s.clock.advance(1);
    expect(s.backups.problems()).toEqual([expect.stringMatching(/is overdue: the last one is of 20/)]);
    s.now.places = [];
    expect(s.backups.problems()).toEqual(['Backups are wanted (backup.every), and backup.to names no place.']);
    s.now.everyMs = 0;
    expect(s.backups.problems()).toEqual([]);
  });

  it('secrets are sealed with the pass phrase of the file; a password in an address is shown nowhere', async () => {
    writeFileSync(join(root, 'pass'), 'the phrase\n');
    const s = await schedule({
      withoutSecrets: false,
      passphraseFile: join(root, 'pass'),
      places: ['http://user:hunter22@127.0.0.1:1/x'],
    });
    await expect(s.backups.runNow()).rejects.toThrow('http://***@127.0.0.1:1/x: ');
    expect(s.asked).toEqual([{ passphrase: 'the phrase', withoutSecrets: false, state: false }]);
    expect(JSON.stringify([s.backups.status(), s.backups.problems(), s.lines])).not.toContain('hunter22');
  });
});

describe('places', () => {
  const file = Buffer.from('content');

  it('a stick that is not mounted is refused, and nothing is left on the card', async () => {
    const folder = join('/', `kuiper-no-stick-${process.pid}`, 'backups');
    await expect(putBackup(`usb:${folder}`, 'kuiper-a-2026.kuiperbackup', file, 2)).rejects.toThrow(`no device is mounted at ${folder}`);
    expect(readdirSync('/')).not.toContain(`kuiper-no-stick-${process.pid}`);
    // /dev/shm is a device of its own
    const stick = `/dev/shm/kuiper-stick-${process.pid}`;
    ends.push(() => rmSync(stick, { recursive: true, force: true }));
    await putBackup(`usb:${stick}`, 'kuiper-a-2026.kuiperbackup', file, 2);
    expect(readdirSync(stick)).toEqual(['kuiper-a-2026.kuiperbackup']);
  });

  it('an HTTP server gets it by PUT, with its name and the user of the address; what it refuses is an error', async () => {
    const got: unknown[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (c: Buffer) => chunks.push(c));
      request.on('end', () => {
        got.push([request.method, request.url, request.headers.authorization, Buffer.concat(chunks).toString()]);
        response.writeHead(request.url === '/full/n' ? 507 : 201).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as AddressInfo;
    await putBackup(`http://u:p%40ss@127.0.0.1:${port}/b/{name}?x=1`, 'n', file, 1);
    await putBackup(`http://127.0.0.1:${port}/b/`, 'n', file, 1);
    expect(got).toEqual([
      ['PUT', '/b/n?x=1', `Basic ${Buffer.from('u:p@ss').toString('base64')}`, 'content'],
      ['PUT', '/b/n', undefined, 'content'],
    ]);
    await expect(putBackup(`http://127.0.0.1:${port}/full`, 'n', file, 1)).rejects.toThrow('the server answered 507');
  });

  it('a topic gets it retained and confirmed; an address without a topic, or of another kind, is refused', async () => {
    const broker = await Aedes.createBroker();
    const server = (await import('node:net')).createServer(broker.handle);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => new Promise<void>((resolve) => broker.close(() => server.close(() => resolve()))));
    const got: unknown[] = [];
    broker.on('publish', (p) => {
      if (!p.topic.startsWith('$SYS')) got.push([p.topic, p.payload.toString(), p.qos, p.retain]);
    });
    const { port } = server.address() as AddressInfo;
    await putBackup(`mqtt://127.0.0.1:${port}/backups/box1`, 'n', file, 1);
    expect(got).toEqual([['backups/box1', 'content', 1, true]]);
    await expect(putBackup(`mqtt://127.0.0.1:${port}/`, 'n', file, 1)).rejects.toThrow('the address needs a topic');
    await expect(putBackup('relative/folder', 'n', file, 1)).rejects.toThrow('expected a folder, usb:');
  });
});

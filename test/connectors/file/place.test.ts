// A message never chooses a file outside the folder that the rule names, nor one of the gateway's own: on a real file system with links, hard links,
// pipes and folders that are swapped while they are opened.
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import { openBelow } from '../../../src/base/files/open-below.ts';
import { ownPlaces } from '../../../src/base/files/own-places.ts';
import file from '../../../src/connectors/file/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';

let root: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-place-'));
  for (const f of ['etc/sources', 'etc/mgmt', 'plugins/functions', 'data/logs', 'data/uploads', 'log'])
    mkdirSync(join(root, f), { recursive: true });
  writeFileSync(join(root, 'etc/sources/mqtt.yaml'), 'default: {}');
  writeFileSync(join(root, 'etc/mgmt/tokens'), 'root admin abc');
  writeFileSync(join(root, 'data/sqliteKV.db'), 'catalog');
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  rmSync(root, { recursive: true, force: true });
});
const context = () => ({ ...createTestContext(), clock: createVirtualClock(Date.now()), getRootPath: () => root });

async function sinkOf(props: Props) {
  const sink = file.sink!.create();
  // the clock stands still: nothing is gathered over time
  await sink.configure!({ syncInterval: 0, ...props });
  const ctx = context();
  await sink.open(ctx, () => undefined);
  closers.push(() => sink.close(ctx));
  const write = async (path: string, data = 'evil') => sink.collect(ctx, data, { path });
  return {
    write,
    plain: async (data = 'evil') => sink.collect(ctx, data),
    /** @returns the error: refused for good, never tried again */
    async refused(path: string): Promise<string> {
      const error = await write(path).then(
        () => 'written',
        (e: unknown) => e,
      );
      expect((error as { code?: string }).code, String(error)).toMatch(/^(PLACE|VALUE)_REFUSED$/);
      expect(isRetriable(error)).toBe(false);
      return (error as Error).message;
    },
    close: () => sink.close(ctx),
  };
}
/** All files with their content; links are not followed. */
const tree = (folder = root): Record<string, string> =>
  Object.assign(
    {},
    ...readdirSync(folder, { withFileTypes: true }).map((e) => {
      const path = join(folder, e.name);
      return e.isDirectory() ? tree(path) : e.isFile() ? { [path.slice(root.length + 1)]: readFileSync(path, 'utf8') } : {};
    }),
  );

describe('file sink', () => {
  // @covers issue:13#1
  // @covers finding:sql#B1
  it('writes nothing outside its folder, and leaves everything as it was', async () => {
    const s = await sinkOf({ path: 'data/logs/{{.device}}' });
    const before = tree();
    for (const value of [
      '../../etc/sources/mqtt.yaml',
      '../../plugins/functions/zz.mjs',
      '../sqliteKV.db',
      '../uploads/x',
      'a/../../../etc/x',
      '/../../etc/x',
      './../../etc/x',
      '..',
      '.',
      '',
      'a/',
      'x\0/../../../etc/x',
      `${'x'.repeat(250)}`,
      '.hidden',
    ])
      await s.refused(`data/logs/${value}`);
    // not even a folder was made
    expect(tree()).toEqual(before);
    expect(readdirSync(join(root, 'data/logs'))).toEqual([]);
    await s.write('data/logs/line 1/dev-7', 'good');
    expect(readFileSync(join(root, 'data/logs/line 1/dev-7'), 'utf8')).toBe('good');
  });

  it('takes nothing of the gateway for a target when the template begins the path', async () => {
    const s = await sinkOf({ path: '{{.p}}' });
    const before = tree();
    for (const p of ['etc/sources/mqtt.yaml', 'etc/mgmt/tokens', 'plugins/x.ts', 'plugins/functions/y.mjs', 'log/kuiperd.log', 'data/sqliteKV.db', 'data/sqliteKV.db-wal', 'data/checkpoint.db', 'data/cache.db-shm', 'data/gateway-id', 'data/crash-guard.json', 'data/kuiperd.pid', 'data/init.json', 'data/quarantine.json', 'data/uploads/plugin.zip', 'data/schemas/protobuf/a.proto', 'data/sources/mqtt.yaml', 'data/connections/x.yaml', 'data/plugins/tried', 'data/cache/x', 'data/sqliteKV.db.damaged-1', 'package.json', 'node_modules/mqtt/index.js', 'src/daemon/main.ts', 'kuiperd', '/etc/cron.d/x', '//etc/x', 'etc', 'data//sqliteKV.db', 'data/./sqliteKV.db']) // biome-ignore format: one list
      expect(await s.refused(p), p).toBeTruthy();
    expect(tree()).toEqual(before);
    for (const p of [
      'results/a.log',
      'data/results/a.log',
      'data/mine.db.log',
      'data/initial.log',
      'etcetera/x',
      'data/uploads.log',
      'log.txt',
      'logs/a',
    ])
      await s.write(p, p);
    expect(readFileSync(join(root, 'data/mine.db.log'), 'utf8')).toBe('data/mine.db.log');
  });

  it.each([
    'etc/x.yaml',
    './etc/x.yaml',
    'data/../etc/x',
    'plugins/functions/x.ts',
    'log/x',
    'data/uploads/x',
    'data/schemas/x',
    'etc/{{.d}}',
    'plugins/{{.d}}',
  ])('is refused with the path %s when the rule is made', async (path) => {
    await expect(sinkOf({ path })).rejects.toThrow('belongs to the gateway');
  });

  it('refuses a constant path that leads into the gateway by other ways, row by row', async () => {
    symlinkSync(join(root, 'etc'), join(root, 'data/logs/elsewhere'));
    for (const path of [
      join(root, 'etc/x'),
      'data/sqliteKV.db',
      'data/logs/elsewhere/sources/mqtt.yaml',
      `${root}/data/../plugins/x.ts`,
      '/proc/self/oom_score_adj',
      '/proc/self/root/proc/self/comm',
    ]) {
      // biome-ignore format: one list
      const s = await sinkOf({ path });
      const error = (await s.plain().catch((e: unknown) => e)) as { code?: string };
      expect(error.code, path).toBe('PLACE_REFUSED');
      expect(isRetriable(error)).toBe(false);
    }
    expect(readFileSync(join(root, 'etc/sources/mqtt.yaml'), 'utf8')).toBe('default: {}');
  });

  // @covers issue:13#1
  it('follows no link below its folder, to a folder or a file, in the gateway or out of it', async () => {
    const out = mkdtempSync(join(tmpdir(), 'kuiper-out-'));
    closers.push(() => rmSync(out, { recursive: true, force: true }));
    writeFileSync(join(out, 'x'), 'mine');
    symlinkSync(join(root, 'etc'), join(root, 'data/logs/conf'));
    symlinkSync('../../plugins', join(root, 'data/logs/plug'));
    symlinkSync(out, join(root, 'data/logs/out'));
    symlinkSync(join(out, 'x'), join(root, 'data/logs/file'));
    symlinkSync(join(out, 'new'), join(root, 'data/logs/dangling'));
    symlinkSync('/proc/self/root', join(root, 'data/logs/procroot'));
    mkdirSync(join(root, 'data/logs/inner'));
    symlinkSync('inner', join(root, 'data/logs/alias'));
    const s = await sinkOf({ path: 'data/logs/{{.d}}' });
    const before = tree();
    for (const d of [
      'conf/sources/mqtt.yaml',
      'plug/functions/x.mjs',
      'out/x',
      'out/y/z',
      'file',
      'dangling',
      `procroot${root}/etc/x`,
      'alias/x',
    ])
      await s.refused(`data/logs/${d}`);
    expect(tree()).toEqual(before);
    expect(readdirSync(out)).toEqual(['x']);
    expect(readFileSync(join(out, 'x'), 'utf8')).toBe('mine');
  });

  it('writes below a folder that is a link of the owner, and to a constant path that is one', async () => {
    const usb = mkdtempSync(join(tmpdir(), 'kuiper-usb-'));
    closers.push(() => rmSync(usb, { recursive: true, force: true }));
    symlinkSync(usb, join(root, 'data/usb'));
    symlinkSync(join(usb, 'fixed.log'), join(root, 'data/fixed'));
    writeFileSync(join(usb, 'fixed.log'), '');
    const s = await sinkOf({ path: 'data/usb/{{.d}}' });
    await s.write('data/usb/a/b.log', 'one');
    expect(readFileSync(join(usb, 'a/b.log'), 'utf8')).toBe('one');
    await (await sinkOf({ path: 'data/fixed' })).plain('two');
    expect(readFileSync(join(usb, 'fixed.log'), 'utf8')).toBe('two');
  });

  it('changes no file that has a second name, and opens no pipe and no folder', async () => {
    linkSync(join(root, 'etc/sources/mqtt.yaml'), join(root, 'data/logs/hard'));
    mkdirSync(join(root, 'data/logs/folder'));
    execFileSync('mkfifo', [join(root, 'data/logs/pipe')]);
    const s = await sinkOf({ path: 'data/logs/{{.d}}' });
    expect(await s.refused('data/logs/hard')).toContain('hard link');
    for (const d of ['pipe', 'folder', 'folder/..', 'hard/x']) await s.refused(`data/logs/${d}`);
    expect(readFileSync(join(root, 'etc/sources/mqtt.yaml'), 'utf8')).toBe('default: {}');
  });

  it('knows two spellings of one path as one file', async () => {
    const s = await sinkOf({ path: 'data/logs/{{.d}}' });
    await s.write('data/logs/a/b', '1');
    await s.write('data/logs//a//b', '2');
    await s.close();
    expect(readFileSync(join(root, 'data/logs/a/b'), 'utf8')).toBe('1\n2');
  });

  it('tries again when its folder cannot be written, since that is not the fault of a message', async () => {
    writeFileSync(join(root, 'data/block'), 'a file');
    const s = await sinkOf({ path: 'data/block/{{.d}}' });
    const error = await s.write('data/block/x').catch((e: unknown) => e);
    expect(isRetriable(error)).toBe(true);
  });
});

/** The other side makes folders at the same moment. */
const again = (step: () => void): void => {
  for (let left = 100; ; left--)
    try {
      return step();
    } catch (error) {
      if (left === 0) throw error;
    }
};

describe('opening below a folder', () => {
  // @covers issue:13#1
  it('never lands elsewhere while somebody swaps folders for links', async () => {
    const out = mkdtempSync(join(tmpdir(), 'kuiper-race-'));
    closers.push(() => rmSync(out, { recursive: true, force: true }));
    const base = join(root, 'data/logs');
    mkdirSync(join(base, 'real/sub'), { recursive: true });
    mkdirSync(join(out, 'sub'));
    let swaps = 0;
    let going = true;
    const real = join(base, 'real');
    const aside = join(base, 'aside');
    const swap = (async () => {
      while (going) {
        renameSync(real, aside);
        // a folder that was made meanwhile goes again
        again(() => {
          rmSync(real, { recursive: true, force: true });
          symlinkSync(out, real);
        });
        await new Promise(setImmediate);
        again(() => {
          rmSync(real, { recursive: true, force: true });
          renameSync(aside, real);
        });
        swaps++;
        await new Promise(setImmediate);
      }
    })();
    let opened = 0;
    let refused = 0;
    for (let i = 0; i < 300; i++)
      try {
        const { handle } = await openBelow({
          base,
          names: ['real', 'sub', `f${i}`],
          places: ownPlaces(root),
          append: false,
          chosenByMessage: true,
        });
        await handle.close();
        opened++;
      } catch {
        refused++; // a link stood there, or the folder was away
      }
    going = false;
    await swap;
    expect(readdirSync(join(out, 'sub'))).toEqual([]);
    expect(readdirSync(out)).toEqual(['sub']);
    expect(swaps).toBeGreaterThan(5);
    expect(opened + refused).toBe(300);
    expect(opened).toBeGreaterThan(0);
  });
});

describe("the gateway's own places", () => {
  const line = (device: string, inside: string, point: string, options = 'rw') =>
    `1 1 ${device} ${inside} ${point} rw - ext4 /dev/x ${options}`;
  const places = (mounts: string[], program?: string) => ownPlaces(root, ['keys/tls.pem'], program, () => mounts.join('\n'));

  it('are known below a bind mount, by what the kernel says of mounts', async () => {
    const mounts = [line('8:1', '/', '/'), line('8:1', `${root}/etc/sources`, '/mnt/s'), line('8:1', dirname(root), '/mnt/all\\040there')];
    const own = places(mounts);
    expect(await own.writeRefusal('/mnt/s', 'mqtt.yaml')).toContain(join(root, 'etc'));
    const name = root.split('/').at(-1)!;
    expect(await own.writeRefusal(`/mnt/all there/${name}/plugins`, 'x.ts')).toContain(join(root, 'plugins'));
    expect(await own.writeRefusal(`/mnt/all there/${name}/data`, 'sqliteKV.db')).toContain('sqliteKV.db');
    expect(await own.readRefusal('/mnt/s/../s/mqtt.yaml'.replace('/../s', ''))).toContain(join(root, 'etc'));
    expect(await own.writeRefusal(`/mnt/all there/${name}/data/results`, 'x')).toBeUndefined();
    expect(await own.writeRefusal('/mnt/other', 'x')).toBeUndefined();
  });

  it('are known in the folder to which an overlay writes', async () => {
    const mounts = [
      line('8:1', '/', '/'),
      line('0:50', '/', join(root, 'etc'), 'rw,lowerdir=/ro/etc,upperdir=/persist/etc/upper,workdir=/persist/etc/work'),
    ];
    expect(await places(mounts).writeRefusal('/persist/etc/upper/sources', 'mqtt.yaml')).toContain(join(root, 'etc'));
    expect(await places(mounts).writeRefusal('/persist/data', 'x')).toBeUndefined();
  });

  it('hold key files that the settings name, and the program', async () => {
    const own = places([], '/opt/program');
    expect(await own.readRefusal(join(root, 'keys/tls.pem'))).toContain('keys/tls.pem');
    expect(await own.writeRefusal(join(root, 'keys'), 'tls.pem')).toContain('keys/tls.pem');
    expect(await own.writeRefusal(join(root, 'keys'), 'other')).toBeUndefined();
    expect(await own.writeRefusal('/opt/program/lib', 'x.js')).toContain('/opt/program');
  });

  it('are not read: configuration, tokens, databases, processes; uploads and results are', async () => {
    const own = ownPlaces(root);
    for (const f of [
      'etc/mgmt/tokens',
      'etc/sources/mqtt.yaml',
      'data/sqliteKV.db',
      'data/checkpoint.db-wal',
      'data/cache.db',
      'data/sources/x',
      'data/crash-guard.json',
    ])
      expect(await own.readRefusal(join(root, f)), f).toBeTruthy();
    for (const f of ['/proc/self/environ', '/proc/1/cmdline']) expect(await own.readRefusal(f), f).toBeTruthy();
    for (const f of ['data/uploads/x', 'data/mine.db', 'data/in.json', 'x.json'])
      expect(await own.readRefusal(join(root, f)), f).toBeUndefined();
    expect(existsSync('/sys') && (await own.readRefusal('/sys/class/thermal/thermal_zone0/temp'))).toBeFalsy();
  });
});

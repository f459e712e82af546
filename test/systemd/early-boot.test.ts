// The script of the initramfs (20-kernel) and the restore at first boot, with stand-ins for the programs that touch disks: what is done in which order for a normal
// start, a factory reset, a reset that was cut, the rescue system, a data partition that cannot be mounted.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const LAYERS = 'image/layers';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-early-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Programs that write their name and arguments into a log. @param bodies what else they do */
function stubs(names: readonly string[], bodies: Record<string, string> = {}) {
  mkdirSync(join(root, 'bin'), { recursive: true });
  for (const name of names) {
    const file = join(root, 'bin', name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>${root}/log\n${bodies[name] ?? ''}\n`);
    chmodSync(file, 0o755);
  }
}
const log = () =>
  (existsSync(join(root, 'log')) ? readFileSync(join(root, 'log'), 'utf8') : '')
    .replaceAll(`${root}/`, '')
    .split('\n')
    .filter((line) => line !== '');

describe('the start before the system', () => {
  /** @param bodies of mount, mke2fs …; a data partition is there */
  function start(asked: string, bodies: Record<string, string> = {}, wasReset = false): string[] {
    for (const dir of ['proc', 'dev', 'scripts', 'new/data', 'new/etc', 'new/var', 'run']) mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'proc/cmdline'), `root=PARTUUID=4b554950-02 ro rauc.slot=A ${asked}\n`);
    writeFileSync(join(root, 'scripts/functions'), 'log_warning_msg() { :; }\npanic() { echo "panic $*" >>log; exit 1; }\n');
    writeFileSync(join(root, 'dev/4b554950-04'), '');
    if (wasReset) writeFileSync(join(root, 'new/data/.was-reset'), '');
    stubs(['mount', 'umount', 'e2fsck', 'mke2fs', 'blkdiscard', 'sync'], bodies);
    const script = readFileSync(join(LAYERS, '20-kernel/overlay/etc/initramfs-tools/scripts/local-bottom/kuiper'), 'utf8')
      .replaceAll('/proc/cmdline', `${root}/proc/cmdline`)
      .replaceAll('/scripts/functions', `${root}/scripts/functions`)
      .replaceAll('/dev/disk/by-partuuid/', `${root}/dev/`)
      .replaceAll('/run/kuiper-boot', `${root}/run/kuiper-boot`);
    const { stderr, status } = spawnSync('sh', ['-c', script, 'kuiper'], {
      encoding: 'utf8',
      cwd: root,
      env: { PATH: `${root}/bin:${process.env['PATH']}`, rootmnt: join(root, 'new') },
    });
    expect([status, stderr]).toEqual([0, '']);
    return log().map((line) => line.replace(/ -o lowerdir\S+/, ''));
  }
  const OVERLAYS = ['mount -t overlay overlay new/etc', 'mount -t overlay overlay new/var'];
  const MOUNT = 'mount -t ext4 -o noatime,nodev dev/4b554950-04 new/data';
  const MAKE = 'mke2fs -q -F -t ext4 -m 1 -b 4096 -I 256 -i 16384 -J size=16 -E resize=536870912 -L kuiper-data dev/4b554950-04';
  const RAM = 'mount -t tmpfs -o size=40%,mode=0755 tmpfs new/data';

  it('checks the data partition, mounts it, and makes nothing new', () => {
    expect(start('')).toEqual(['e2fsck -p dev/4b554950-04', MOUNT, ...OVERLAYS]);
    expect(existsSync(join(root, 'run/kuiper-boot/data-lost'))).toBe(false);
  });

  it('takes the data partition of the disk that has just been given its id', () => {
    mkdirSync(join(root, 'run/kuiper-boot'), { recursive: true });
    writeFileSync(join(root, 'run/kuiper-boot/disk-id'), '0badcafe\n');
    mkdirSync(join(root, 'dev'), { recursive: true });
    writeFileSync(join(root, 'dev/0badcafe-04'), '');
    expect(start('')).toEqual(['e2fsck -p dev/0badcafe-04', 'mount -t ext4 -o noatime,nodev dev/0badcafe-04 new/data', ...OVERLAYS]);
  });

  // what the initramfs found out lived in the gateway's own folder once, which is closed to others and goes when it is stopped
  it('says what it found where the login user can read it, whether or not the gateway runs', () => {
    for (const path of [
      '20-kernel/overlay/etc/initramfs-tools/scripts/local-bottom/kuiper',
      '95-provision/overlay/usr/lib/kuiper/keep-log',
      '40-storage/overlay/usr/lib/systemd/system/kuiper-grow-data.service',
    ])
      expect(readFileSync(join(LAYERS, path), 'utf8'), path).not.toMatch(/\/run\/kuiper\/[a-z]/);
    for (const path of ['src/cli/commands/system-status.ts', 'src/system/update/probe.ts'])
      expect(readFileSync(path, 'utf8')).toContain('/run/kuiper-boot/data-lost');
  });

  // @covers issue:17#3
  it('answers yes to all when the check leaves errors, and goes on in RAM when it cannot be mounted', () => {
    const seen = start('', { e2fsck: '[ "$1" = -y ] || exit 4', mount: 'case "$*" in *ext4*) exit 32 ;; esac' });
    expect(seen).toEqual(['e2fsck -p dev/4b554950-04', 'e2fsck -y dev/4b554950-04', MOUNT, RAM, ...OVERLAYS]);
    expect(existsSync(join(root, 'run/kuiper-boot/data-lost'))).toBe(true);
  });

  // @covers issue:17#3
  it('makes the data partition anew for a factory reset, also one that cannot be mounted any more', () => {
    const expected = [
      'e2fsck -p dev/4b554950-04',
      MOUNT,
      'umount new/data',
      'blkdiscard dev/4b554950-04',
      MAKE,
      MOUNT,
      'sync ',
      ...OVERLAYS,
    ];
    expect(start('kuiper.reset')).toEqual(expected);
    expect(existsSync(join(root, 'new/data/.was-reset'))).toBe(true);
    rmSync(join(root, 'new/data/.was-reset'));
    rmSync(join(root, 'log'));
    // the first mount fails, the one after mke2fs does not
    const once = `case "$*" in *ext4*) [ -e ${root}/made ] || exit 32 ;; esac`;
    expect(start('kuiper.reset', { mount: once, mke2fs: `: >${root}/made` })).toEqual(expected);
    expect(existsSync(join(root, 'run/kuiper-boot/data-lost'))).toBe(false);
  });

  it('does the reset once, although the file that asked for it is still there', () => {
    expect(start('kuiper.reset', {}, true)).toEqual(['e2fsck -p dev/4b554950-04', MOUNT, ...OVERLAYS]);
  });

  it('goes on in RAM when a reset fails', () => {
    const seen = start('kuiper.reset', { mount: 'case "$*" in *ext4*) exit 32 ;; esac', mke2fs: 'exit 1' });
    expect(seen.slice(-3)).toEqual([RAM, ...OVERLAYS]);
    expect(existsSync(join(root, 'new/data/.was-reset'))).toBe(false);
  });

  // @covers issue:17#3
  it('leaves the data partition alone in the rescue system, whatever else is asked', () => {
    for (const asked of ['kuiper.rescue', 'kuiper.rescue kuiper.reset']) {
      expect(start(asked), asked).toEqual([RAM, ...OVERLAYS]);
      rmSync(join(root, 'log'));
    }
  });
});

describe('the watchdog before the system', () => {
  /** @param files of the machine: a character device is a FIFO here */
  function arm(commandLine: string, device: boolean): boolean {
    for (const dir of ['proc', 'dev', 'run']) mkdirSync(join(root, dir), { recursive: true });
    writeFileSync(join(root, 'proc/cmdline'), `${commandLine}\n`);
    if (device) writeFileSync(join(root, 'dev/watchdog0'), '');
    stubs(['sleep']);
    const script = readFileSync(join(LAYERS, '20-kernel/overlay/etc/initramfs-tools/scripts/init-premount/kuiper-watchdog'), 'utf8')
      .replaceAll('/proc/cmdline', 'proc/cmdline')
      .replaceAll('-c /dev/', '-f /dev/')
      .replaceAll('/dev/watchdog0', 'dev/watchdog0')
      .replaceAll('/run/kuiper-boot', 'run/kuiper-boot');
    const { status, stderr } = spawnSync('sh', ['-c', script, 'kuiper-watchdog'], {
      encoding: 'utf8',
      cwd: root,
      env: { PATH: `${root}/bin:${process.env['PATH']}` },
    });
    expect([status, stderr]).toEqual([0, '']);
    return existsSync(join(root, 'run/kuiper-boot/watchdog-armed'));
  }

  // @covers issue:16#6
  it('is armed by opening it without the letter that stops it, where there is one', () => {
    expect(arm('root=PARTUUID=4b554950-02 quiet', true)).toBe(true);
    expect(readFileSync(join(root, 'dev/watchdog0'), 'latin1')).toBe('\n');
  });

  it.each([
    ['a board without one', 'quiet', false],
    ['a machine that was told to leave it', 'quiet kuiper.watchdog=off', true],
  ])('is left alone on %s', (_what, commandLine, device) => {
    expect(arm(commandLine, device)).toBe(false);
    expect(existsSync(join(root, 'dev/watchdog0'))).toBe(device);
  });

  // @covers issue:16#6
  it('has a driver in the initramfs for every board, and longer than systemd gives itself', () => {
    const modules = readFileSync(join(LAYERS, '20-kernel/overlay/etc/initramfs-tools/modules'), 'utf8').split('\n');
    const options = readFileSync(join(LAYERS, '20-kernel/overlay/etc/modprobe.d/kuiper-watchdog.conf'), 'utf8');
    for (const driver of ['bcm2835_wdt', 'i6300esb', 'sbsa_gwdt']) {
      expect(modules).toContain(driver);
      expect(options).toMatch(new RegExp(`^options ${driver} (heartbeat|timeout)=300$`, 'm'));
    }
    const runtime = /^RuntimeWatchdogSec=(\d+)s$/m.exec(
      readFileSync(join(LAYERS, '10-base/overlay/etc/systemd/system.conf.d/kuiper.conf'), 'utf8'),
    )?.[1];
    expect(Number(runtime)).toBe(60);
  });

  it('is told that a check of a large disk is alive, and no longer than that', () => {
    const script = readFileSync(join(LAYERS, '20-kernel/overlay/etc/initramfs-tools/scripts/local-bottom/kuiper'), 'utf8');
    const [before, after] = [script.indexOf('alive=$!'), script.lastIndexOf('kill "$alive"')];
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(script.indexOf('e2fsck -p'));
    expect(after).toBeGreaterThan(script.lastIndexOf('mount -t overlay'));
  });
});

describe('a backup on the boot partition', () => {
  const SCRIPT = join(LAYERS, '95-provision/overlay/usr/lib/kuiper/restore-backup');
  const boot = () => join(root, 'boot/firmware');
  function restore(kuiper: string): number | null {
    stubs(['kuiper', 'sync'], { kuiper });
    return spawnSync('sh', [SCRIPT], { env: { PATH: `${root}/bin:${process.env['PATH']}`, KUIPER_ROOT: root, KUIPER_RESTORE_WAIT_S: '0' } })
      .status;
  }
  beforeEach(() => {
    mkdirSync(boot(), { recursive: true });
    mkdirSync(join(root, 'var/lib/kuiper-device'), { recursive: true });
    writeFileSync(join(boot(), 'restore.kuiper'), 'backup');
    writeFileSync(join(boot(), 'restore-passphrase.txt'), 'open sesame');
  });

  // @covers issue:17#3
  it('is restored once when the gateway answers, with its pass phrase, which goes', () => {
    // it does not answer at the first two questions
    const slow = `case "$1" in show) echo x >>${root}/asked; [ $(wc -l <${root}/asked) -ge 3 ] || exit 1 ;; restore) echo "12 rules are back" ;; esac`;
    expect(restore(slow)).toBe(0);
    expect(log().filter((line) => line.startsWith('kuiper restore'))).toEqual([
      'kuiper restore boot/firmware/restore.kuiper --passphrase-file boot/firmware/restore-passphrase.txt',
    ]);
    expect(existsSync(join(boot(), 'restore.kuiper'))).toBe(false);
    expect(existsSync(join(boot(), 'restore-passphrase.txt'))).toBe(false);
    expect(readFileSync(join(boot(), 'restored.kuiper'), 'utf8')).toBe('backup');
    expect(readFileSync(join(boot(), 'restore-report.txt'), 'utf8')).toBe('12 rules are back\n');
    expect(readFileSync(join(root, 'var/lib/kuiper-device/restore-report.txt'), 'utf8')).toBe('12 rules are back\n');
  });

  it('that is refused says why, keeps the backup, and is not tried again', () => {
    expect(restore('case "$1" in restore) echo "wrong pass phrase" >&2; exit 1 ;; esac')).toBe(1);
    expect(readFileSync(join(boot(), 'restore-report.txt'), 'utf8')).toBe('wrong pass phrase\n');
    expect(readFileSync(join(boot(), 'refused.kuiper'), 'utf8')).toBe('backup');
    expect(existsSync(join(boot(), 'restore.kuiper'))).toBe(false);
    expect(existsSync(join(boot(), 'restore-passphrase.txt'))).toBe(false);
  });
});

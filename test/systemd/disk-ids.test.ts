// A card's own ids: the script of the initramfs that gives them on the first start, with real sfdisk, fatlabel and tune2fs on files; the names of partitions
// that everything else uses; GRUB's own reading of the id (grub-emu).
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { havePart } from '../helpers/parts.ts';

const LAYERS = 'image/layers';
const FACTORY = '4b554950';
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-disk-'));
  for (const dir of ['proc', 'dev/disk', 'sys/block/vda', 'run', 'conf', 'bin', 'random']) mkdirSync(join(root, dir), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const PATH = `${process.env['PATH']}:/usr/sbin:/sbin`;
const sh = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8', cwd: root, env: { PATH, LC_ALL: 'C' } }).trim();
const hex = (n: number) => n.toString(16).padStart(8, '0');
/** Of the MBR, as it is written: four bytes, the lowest first. */
const diskId = (name = 'vda') => hex(readFileSync(join(root, 'dev', name)).readUInt32LE(440));
const fatId = () => hex(readFileSync(join(root, 'dev/vda1')).readUInt32LE(67));
const ext4Id = () =>
  readFileSync(join(root, 'dev/vda4'))
    .subarray(1024 + 0x68, 1024 + 0x78)
    .toString('hex');
const file = (path: string) => (existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined);

function makeDisk(name = 'vda', id = FACTORY) {
  writeFileSync(join(root, 'dev', name), Buffer.alloc(8 * 1024 * 1024));
  execFileSync('sfdisk', ['--quiet', join(root, 'dev', name)], {
    input: `label: dos\nlabel-id: 0x${id}\nstart=2048, size=4096, type=c\nstart=6144, size=4096, type=83\n`,
    env: { PATH },
  });
  mkdirSync(join(root, 'sys/block', name), { recursive: true });
}

/** @returns what the script said, which is nothing */
function firstStart(commandLine: string, settle = 'id=$(sfdisk --disk-id dev/vda); : >"dev/disk/by-partuuid/${id#0x}-02"'): string {
  mkdirSync(join(root, 'dev/disk/by-partuuid'), { recursive: true });
  if (existsSync(join(root, 'dev/vda'))) writeFileSync(join(root, `dev/disk/by-partuuid/${diskId()}-02`), '');
  writeFileSync(join(root, 'proc/cmdline'), `${commandLine}\n`);
  writeFileSync(join(root, 'bin/udevadm'), `#!/bin/sh\n${settle}\n`);
  chmodSync(join(root, 'bin/udevadm'), 0o755);
  writeFileSync(join(root, 'bin/sleep'), '#!/bin/sh\n');
  chmodSync(join(root, 'bin/sleep'), 0o755);
  const script = readFileSync(join(LAYERS, '20-kernel/overlay/etc/initramfs-tools/scripts/local-top/kuiper-disk'), 'utf8')
    .replaceAll('/proc/cmdline', 'proc/cmdline')
    .replaceAll('/sys/block', 'sys/block')
    .replaceAll('/run/kuiper-boot', 'run/kuiper-boot')
    .replaceAll('/conf/param.conf', 'conf/param.conf')
    .replaceAll('"/dev/', '"dev/');
  const { status, stderr } = spawnSync('sh', ['-c', script, 'kuiper-disk'], {
    encoding: 'utf8',
    cwd: root,
    env: { PATH: `${root}/bin:${PATH}`, LC_ALL: 'C' },
  });
  expect(status).toBe(0);
  return stderr;
}
const GRUB_SAID = `root=PARTUUID=${FACTORY}-02 ro rauc.slot=A kuiper.disk=${FACTORY} kuiper.boot=good:1:x`;

const haveDiskTools = [havePart('sfdisk', 'fdisk'), havePart('fatlabel', 'dosfstools'), havePart('tune2fs', 'e2fsprogs')].every(Boolean);
describe.runIf(haveDiskTools)('the first start', () => {
  beforeEach(() => {
    makeDisk();
    sh('truncate -s 34M dev/vda1 && mkfs.vfat --invariant -F 32 -s 1 -i 4b554950 -n KUIPER dev/vda1');
    sh('truncate -s 8M dev/vda4 && mke2fs -q -F -t ext4 -O metadata_csum_seed -U 6b756970-6572-4000-8000-000000000004 dev/vda4');
  });

  // @covers finding:appliance#3.10
  // @covers issue:16#6
  it('gives the disk, the boot partition and the data partition ids of their own, and goes on with the new names at once', () => {
    const table = sh('sfdisk --dump dev/vda | grep -v label-id');
    expect(firstStart(GRUB_SAID)).toBe('');
    const id = diskId();
    expect(id).toMatch(/^[0-9a-f]{8}$/);
    expect(id).not.toBe(FACTORY);
    expect(file('run/kuiper-boot/disk-id')).toBe(`${id}\n`);
    expect(file('conf/param.conf')).toBe(`ROOT=PARTUUID=${id}-02\n`);
    expect(fatId()).not.toBe(FACTORY);
    expect(ext4Id()).not.toBe('6b756970657240008000000000000004');
    // nothing else of the table, and both file systems are whole
    expect(sh('sfdisk --dump dev/vda | grep -v label-id')).toBe(table);
    expect(spawnSync('e2fsck', ['-fn', join(root, 'dev/vda4')], { env: { PATH } }).status).toBe(0);
    expect(spawnSync('fsck.vfat', ['-n', join(root, 'dev/vda1')], { env: { PATH } }).status).toBe(0);
  });

  it('gives two cards two ids', () => {
    firstStart(GRUB_SAID);
    const one = diskId();
    makeDisk();
    rmSync(join(root, 'run/kuiper-boot'), { recursive: true });
    firstStart(GRUB_SAID);
    expect(diskId()).not.toBe(one);
  });

  it.each([
    ['a card that has an id of its own', 'root=PARTUUID=0badcafe-02 kuiper.disk=0badcafe', '0badcafe'],
    ['a card with an older boot partition, whose GRUB knows the factory id only', `root=PARTUUID=${FACTORY}-02 rauc.slot=A`, FACTORY],
  ])('leaves %s alone', (_what, commandLine, id) => {
    makeDisk('vda', id);
    expect(firstStart(commandLine)).toBe('');
    expect([diskId(), fatId(), file('run/kuiper-boot/disk-id'), file('conf/param.conf')]).toEqual([id, FACTORY, undefined, undefined]);
  });

  it('touches neither of two media with the factory id, since it cannot tell which of them was booted', () => {
    makeDisk('sda');
    expect(firstStart(GRUB_SAID)).toBe('');
    expect([diskId(), diskId('sda'), fatId(), file('conf/param.conf')]).toEqual([FACTORY, FACTORY, FACTORY, undefined]);
  });

  it('goes on with the old names where the kernel does not read the table again', () => {
    expect(firstStart(GRUB_SAID, ':')).toBe('');
    expect(diskId()).not.toBe(FACTORY);
    expect([file('run/kuiper-boot/disk-id'), file('conf/param.conf')]).toEqual([undefined, undefined]);
  });
});

describe('the names of partitions', () => {
  const nameOf = (uuid: string) => {
    const { status, stdout } = spawnSync(join(LAYERS, '40-storage/overlay/usr/lib/kuiper/partition-name'), [uuid], {
      encoding: 'utf8',
      env: { PATH, KUIPER_ROOT: root },
    });
    return status === 0 ? stdout.trim() : status;
  };

  // @covers finding:appliance#3.10
  it('are those of the disk that was booted, and of no other', () => {
    writeFileSync(join(root, 'proc/cmdline'), 'BOOT_IMAGE=x root=PARTUUID=0badcafe-03 ro\n');
    expect(['01', '02', '03', '04', '05'].map((n) => nameOf(`0badcafe-${n}`))).toEqual(['boot', 'slot-a', 'slot-b', 'data', 1]);
    expect(nameOf(`${FACTORY}-01`)).toBe(1);
    expect(nameOf('')).toBe(1);
  });

  it('follow the id that this very start has given', () => {
    writeFileSync(join(root, 'proc/cmdline'), `root=PARTUUID=${FACTORY}-02 ro\n`);
    mkdirSync(join(root, 'run/kuiper-boot'));
    writeFileSync(join(root, 'run/kuiper-boot/disk-id'), '0badcafe\n');
    expect([nameOf('0badcafe-04'), nameOf(`${FACTORY}-04`)]).toEqual(['data', 1]);
  });

  it('are what everything on the device goes by', () => {
    const used = [
      '40-storage/overlay/etc/fstab',
      '30-boot/overlay/usr/lib/kuiper/rauc.conf',
      '40-storage/overlay/usr/lib/kuiper/grow-data',
      '95-provision/overlay/usr/lib/kuiper/rescue.txt',
    ];
    for (const path of used) {
      const text = readFileSync(join(LAYERS, path), 'utf8');
      expect(text, path).toContain('/dev/disk/by-kuiper/');
      expect(text, path).not.toContain(FACTORY);
    }
  });
});

const haveGrub = [havePart('grub-emu', 'grub-emu'), havePart('mcopy', 'mtools'), havePart('sfdisk', 'fdisk')].every(Boolean);
describe.runIf(haveGrub)('GRUB', () => {
  // @covers finding:appliance#3.10
  it.each([FACTORY, '0badcafe'])('reads the id %s from the disk that it was loaded from', (id) => {
    writeFileSync(join(root, 'dev/disk.img'), Buffer.alloc(40 * 1024 * 1024));
    execFileSync('sfdisk', ['--quiet', join(root, 'dev/disk.img')], {
      input: `label: dos\nlabel-id: 0x${id}\nstart=2048, size=71680, type=c\n`,
      env: { PATH },
    });
    sh(
      'truncate -s 35M boot.img && mkfs.vfat -F 32 -s 1 -n KUIPER boot.img && dd if=boot.img of=dev/disk.img bs=1M seek=1 conv=notrunc status=none',
    );
    const lines = readFileSync('image/boards/generic-uefi/grub.cfg', 'utf8').split('\n');
    const asked = lines.slice(
      lines.findIndex((l) => l.startsWith('set disk_id=')),
      lines.findIndex((l) => l.startsWith('set envdir=')),
    );
    expect(asked).toHaveLength(4);
    writeFileSync(join(root, 'device.map'), `(hd0) ${root}/dev/disk.img\n`);
    writeFileSync(join(root, 'grub.cfg'), ['set root=hd0,msdos1', ...asked, 'echo "ID $disk_id;"', 'exit', ''].join('\n'));
    const { stdout } = spawnSync('grub-emu', ['-m', join(root, 'device.map'), '-d', root, '-r', 'host'], {
      timeout: 60_000,
      encoding: 'latin1',
      input: '',
    });
    expect(/ID ([^;]*);/.exec(stdout)?.[1]).toBe(id);
    const kernel = readFileSync('image/boards/generic-uefi/grub.cfg', 'utf8');
    expect(kernel).toContain('root=PARTUUID=$disk_id-0$part');
    expect(kernel).toContain('kuiper.disk=$disk_id');
    expect(readFileSync('image/lib/boot.sh', 'utf8')).toMatch(/^grub_modules=".*\bprobe\b/m);
  });
});

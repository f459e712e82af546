// Bundles for updates.ts: the root of the last image build with one thing changed (debugfs, nothing is mounted), signed by RAUC. Kinds of bad update in
// the order in which they are tried on one device.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Kind {
  name: string;
  version: string;
  ends: 'refused' | 'left' | 'confirmed';
  code?: string;
  reason?: RegExp;
  /** Where the power goes. */
  cutAt?: 'writing' | 'trial';
  cuts?: number;
  compatible?: string;
  /** Commands of debugfs on the root; `@name` is a file with this content. */
  change?: Record<string, string>;
  /** On the finished bundle. */
  spoil?: (file: string) => void;
  foreignKey?: boolean;
}

/** Where in the bundle: the middle is in the root's image. */
function flip(file: string): void {
  const at = Math.floor(readFileSync(file).length / 2);
  const fd = openSync(file, 'r+');
  for (let n = 0; n < 64; n++) writeSync(fd, Buffer.alloc(512, 0xa5), 0, 512, at + n * 65_536);
}

const SYSTEM = '/usr/lib/systemd/system';
export const KINDS: readonly Kind[] = [
  { name: 'signature', version: '0.2.0', ends: 'refused', code: 'UPDATE_SIGNATURE', reason: /not signed by a key/, foreignKey: true },
  {
    name: 'board',
    version: '0.2.0',
    ends: 'refused',
    code: 'UPDATE_OTHER_BOARD',
    reason: /for kuiper-gateway-amd64/,
    compatible: 'kuiper-gateway-amd64',
  },
  { name: 'older', version: '0.0.9', ends: 'refused', code: 'UPDATE_OLDER', reason: /version 0\.0\.9/ },
  {
    name: 'truncated',
    version: '0.2.0',
    ends: 'refused',
    code: 'UPDATE_DAMAGED',
    reason: /damaged/,
    spoil: (file) => truncateSync(file, 60_000_000),
  },
  { name: 'verity', version: '0.2.0', ends: 'refused', code: 'UPDATE_DAMAGED', reason: /damaged/, spoil: flip },
  { name: 'good', version: '0.2.0', ends: 'confirmed' },
  {
    name: 'kernel',
    version: '0.3.0',
    ends: 'left',
    code: 'UPDATE_NOT_STARTED',
    reason: /Tried 3 times: the kernel or the first/,
    change: { '/boot/vmlinuz': 'no kernel' },
  },
  {
    name: 'panic',
    version: '0.3.0',
    ends: 'left',
    code: 'UPDATE_NOT_STARTED',
    reason: /Tried 3 times: the kernel or the first/,
    change: { '/usr/lib/systemd/systemd': 'no init' },
  },
  {
    name: 'crash-loop',
    version: '0.3.0',
    ends: 'left',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /does not answer/,
    change: { '/opt/kuiper/lib/dist/daemon.mjs': 'process.exit(7);\n' },
  },
  {
    name: 'rest-dead',
    version: '0.3.0',
    ends: 'left',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /does not answer/,
    change: {
      '/opt/kuiper/lib/dist/daemon.mjs':
        "const { spawnSync } = process.getBuiltinModule('child_process');\nspawnSync('systemd-notify', ['--ready']);\nsetInterval(() => spawnSync('systemd-notify', ['WATCHDOG=1']), 3000);\n",
    },
  },
  {
    name: 'no-network',
    version: '0.3.0',
    ends: 'left',
    code: 'UPDATE_NOT_HEALTHY',
    reason: /no network/,
    change: { [`${SYSTEM}/systemd-networkd.service`]: '[Service]\nExecStart=/bin/sleep infinity\n' },
  },
  {
    name: 'cut-write',
    version: '0.4.0',
    ends: 'refused',
    code: 'UPDATE_STOPPED',
    reason: /switched off or restarted while version 0\.4\.0 was written/,
    cutAt: 'writing',
  },
  { name: 'cut-trial', version: '0.4.0', ends: 'confirmed', cutAt: 'trial', cuts: 1 },
  { name: 'cut-trials', version: '0.5.0', ends: 'left', code: 'UPDATE_NOT_STARTED', reason: /Tried 3 times/, cutAt: 'trial', cuts: 3 },
];

/** @returns name of the file below the folder */
export function makeBundle(name: string, folder: string): string {
  const kind = KINDS.find((k) => k.name === name)!;
  const repo = resolve(import.meta.dirname, '../..');
  const cache = process.env['KUIPER_IMAGE_CACHE'] ?? join(repo, 'image/.cache');
  const content = join(folder, 'content');
  const root = join(content, 'rootfs.img');
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content, { recursive: true });
  execFileSync('cp', ['--sparse=always', process.env['KUIPER_SLOT_IMAGE'] ?? join(cache, 'work/slot-a.img'), root]);
  const changes = { '/usr/lib/kuiper/VERSION': `${kind.version}\n`, ...kind.change };
  for (const [path, text] of Object.entries(changes)) {
    const file = join(folder, 'changed');
    writeFileSync(file, text);
    const mode = path.includes('systemd/systemd') ? '0100755' : '0100644';
    writeFileSync(join(folder, 'commands'), `rm ${path}\nwrite ${file} ${path}\nset_inode_field ${path} mode ${mode}\n`);
    execFileSync('/sbin/debugfs', ['-w', '-f', join(folder, 'commands'), root], { stdio: 'ignore' });
  }
  writeFileSync(
    join(content, 'manifest.raucm'),
    `[update]\ncompatible=${kind.compatible ?? 'kuiper-gateway-arm64'}\nversion=${kind.version}\n\n[bundle]\nformat=verity\n\n[image.rootfs]\nfilename=rootfs.img\n`,
  );
  let keys = process.env['KUIPER_UPDATE_KEYS'] ?? join(repo, 'image/.keys');
  if (kind.foreignKey) {
    keys = join(folder, 'foreign');
    execFileSync(join(repo, 'image/lib/update-keys.sh'), [], { env: { ...process.env, KUIPER_UPDATE_KEYS: keys }, stdio: 'ignore' });
  }
  const out = join(folder, `${name}.raucb`);
  rmSync(out, { force: true });
  const squashfs = '-comp zstd -Xcompression-level 1 -b 256K -quiet -no-progress';
  execFileSync(
    'rauc',
    ['bundle', `--cert=${join(keys, 'signer.pem')}`, `--key=${join(keys, 'signer.key')}`, `--mksquashfs-args=${squashfs}`, content, out],
    { stdio: 'ignore' },
  );
  rmSync(content, { recursive: true, force: true });
  if (kind.spoil) {
    copyFileSync(out, `${out}.whole`);
    kind.spoil(out);
    rmSync(`${out}.whole`);
  }
  return `${name}.raucb`;
}

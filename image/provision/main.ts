// gateway.yaml of the boot partition -> settings of the device. Two calls by systemd: `settings` early in the boot (before network
// and services), `content` after the gateway is READY (streams and rules go in over REST). Both write in plain words what they
// did to gateway-report.txt beside the file. Next files: read-settings.ts, render.ts, remove-secrets.ts.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { chmod, mkdir, open, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createContent } from './content.ts';
import { readSettings } from './read-settings.ts';
import { removeSecrets } from './remove-secrets.ts';
import { type DeviceFile, render } from './render.ts';
import type { Problem } from './settings.ts';

/** Where things are; a test gives other places. */
export interface Places {
  /** The boot partition. */
  boot: string;
  /** Put before every path of the device; `` on the device. */
  root: string;
  /** Gives a file its owner; needs the device's user names. */
  own(path: string, owner: string, group: string): Promise<void>;
}

const DEVICE = '/var/lib/kuiper-device';

/** Applies gateway.yaml when it changed since the last time.
 *  @returns the report's text, undefined when there was nothing to do */
export async function applySettings(places: Places): Promise<string | undefined> {
  const { boot, root } = places;
  const file = join(boot, 'gateway.yaml');
  const stamp = join(root, DEVICE, 'gateway.yaml.sha256');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined || (await readIfThere(stamp)) === hash(text)) return undefined;

  const { settings, problems, document } = readSettings(text, {
    hasTimezone: (name) => !name.includes('..') && existsSync(join(root, '/usr/share/zoneinfo', name)),
    hasPlugin: (path) => existsSync(join(boot, 'plugins', path)),
  });
  const token = (await readIfThere(join(root, DEVICE, 'rest-token')))?.trim() || randomBytes(24).toString('base64url');
  const { files, remove, links } = render(settings, token);
  for (const one of files) await put(places, one);
  for (const path of remove) await rm(join(root, path), { force: true });
  for (const [path, target] of Object.entries(links)) {
    await rm(join(root, `${path}.new`), { force: true });
    await symlink(target, join(root, `${path}.new`));
    await rename(join(root, `${path}.new`), join(root, path));
  }
  for (const path of settings.plugins ?? []) {
    const source = await readFile(join(boot, 'plugins', path));
    await put(places, {
      path: `/opt/kuiper/plugins/${path}`,
      text: source.toString('utf8'),
      mode: 0o664,
      owner: 'kuiper',
      group: 'kuiper',
    });
  }
  const { streams = [], rules = [] } = settings;
  if (streams.length + rules.length > 0) {
    await put(places, { path: `${DEVICE}/content.json`, text: JSON.stringify({ streams, rules }), mode: 0o600 });
  }

  const withoutSecrets = document.errors.length > 0 ? undefined : removeSecrets(document);
  if (withoutSecrets !== undefined) await replaceSecretFile(file, withoutSecrets);
  const done = Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  const report = settingsReport(done, problems, withoutSecrets !== undefined);
  await writeDurably(join(boot, 'gateway-report.txt'), report);
  await mkdir(dirname(stamp), { recursive: true });
  await writeDurably(stamp, hash(withoutSecrets ?? text));
  return report;
}

/** Streams and rules of gateway.yaml, when some wait. @returns lines that were added to the report */
export async function applyContent(places: Places, send: Parameters<typeof createContent>[1]): Promise<string | undefined> {
  const file = join(places.root, DEVICE, 'content.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const lines = await createContent(JSON.parse(text) as { streams: string[]; rules: Record<string, unknown>[] }, send);
  const report = join(places.boot, 'gateway-report.txt');
  await writeDurably(report, `${(await readIfThere(report)) ?? ''}${lines.join('\r\n')}\r\n`);
  await rm(file);
  return lines.join('\n');
}

/** CRLF, since the partition is read on any machine. */
function settingsReport(done: readonly string[], problems: readonly Problem[], secretsRemoved: boolean): string {
  const lines = ['Kuiper Gateway read gateway.yaml.'];
  lines.push(done.length > 0 ? `Applied: ${done.join(', ')}.` : 'Nothing was applied.');
  if (secretsRemoved) lines.push('Passwords were taken out of the file after use.');
  if (problems.length > 0) {
    lines.push('', `${problems.length} problem${problems.length > 1 ? 's' : ''}; these parts were left as they were:`);
    for (const { where, line, text } of problems) lines.push(`- ${line ? `line ${line}, ` : ''}${where}: ${text}`);
    lines.push('Correct gateway.yaml and start the device again.');
  } else lines.push('No problems.');
  lines.push('');
  return `${lines.join('\r\n')}\r\n`;
}

async function put({ root, own }: Places, { path, text, mode, owner = 'root', group = 'root' }: DeviceFile): Promise<void> {
  const target = join(root, path);
  await mkdir(dirname(target), { recursive: true });
  const temp = join(dirname(target), `.${basename(target)}.new`);
  await rm(temp, { force: true });
  await writeFile(temp, text, { mode: 0o600, flush: true });
  await own(temp, owner, group);
  await chmod(temp, mode);
  await rename(temp, target);
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/** The old bytes are written over in place first, so that they do not stay in freed clusters. A card's own wear levelling may still
 *  keep a copy; no software can change that. */
async function replaceSecretFile(file: string, text: string): Promise<void> {
  const { size } = await stat(file);
  const fd = openSync(file, 'r+');
  try {
    writeSync(fd, Buffer.alloc(size, 0x20), 0, size, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  await writeDurably(file, text);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex');

async function main(): Promise<void> {
  const { execFileSync } = await import('node:child_process');
  const places: Places = {
    boot: '/boot/firmware',
    root: '',
    own: async (path, owner, group) => void execFileSync('chown', [`${owner}:${group}`, path]),
  };
  if (process.argv[2] === 'settings') process.stdout.write((await applySettings(places)) ?? 'gateway.yaml: nothing new.\n');
  else if (process.argv[2] === 'content') {
    const { restSender } = await import('./rest-sender.ts');
    process.stdout.write(`${(await applyContent(places, restSender(readToken()))) ?? 'gateway.yaml: no streams or rules wait.'}\n`);
  } else throw new Error('usage: main.ts settings|content');
}

/** The token of REST, when remote access is on. */
function readToken(): string | undefined {
  return existsSync('/etc/kuiper/rest.env') ? readFileSync(`${DEVICE}/rest-token`, 'utf8').trim() : undefined;
}

if (import.meta.main) await main();

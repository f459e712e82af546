// gateway.yaml of the boot partition, and what Raspberry Pi Imager puts beside it -> settings of the device. Two calls by systemd: `settings`
// early in the boot (before network and services), `content` after the gateway is READY (streams and rules go in over REST). Both write in
// plain words what they did to gateway-report.txt beside the file. Next files: read-settings.ts, imager.ts, render.ts, device-files.ts.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkOwnerSettings, mergeLayers, OWNER_FILE } from '../../src/config/index.ts';
import { parseUsers, usersText, withUser } from '../../src/ingress/users.ts';
import { suggest } from '../../src/sql/suggest.ts';
import { createContent } from './content.ts';
import { put, readIfThere, replaceSecretFile, writeDurably } from './device-files.ts';
import { decodeText } from './file-text.ts';
import { IMAGER_FILES, type ImagerFiles, readImager } from './imager.ts';
import { readSettings } from './read-settings.ts';
import { removeSecrets, secretsIn } from './remove-secrets.ts';
import { render } from './render.ts';
import { CERTS } from './render-network.ts';
import { reportText } from './report.ts';
import type { MqttUser, Problem, Settings } from './settings.ts';

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
const USERS = '/opt/kuiper/etc/mqtt/users.json';
/** What people make of the name; Windows hides the ending and adds its own. */
const OTHER_NAMES = /^gateway\.(ya?ml(\.(txt|ya?ml))?|txt)$/i;

/** Applies gateway.yaml when it changed since the last time, and what Imager left.
 *  @returns the report's text, undefined when there was nothing to do */
export async function applySettings(places: Places): Promise<string | undefined> {
  const { boot, root } = places;
  const stamp = join(root, DEVICE, 'gateway.yaml.sha256');
  const hasTimezone = (name: string) => !name.includes('..') && existsSync(join(root, '/usr/share/zoneinfo', name));
  const found = await findFile(boot);
  const bytes = found && (await readFile(join(boot, found.name)));
  const fresh = bytes !== undefined && (await readIfThere(stamp)) !== hash(bytes);
  const imagerFiles = await readImagerFiles(boot);
  const names = Object.keys(imagerFiles);
  if (!fresh && names.length === 0) return undefined;

  const problems: Problem[] = [];
  const imager = names.length > 0 ? readImager(imagerFiles, hasTimezone) : undefined;
  let own: Settings = {};
  let withoutSecrets: string | undefined;
  if (fresh) {
    const { text, problems: ofBytes } = decodeText(bytes);
    const read = readSettings(text, {
      hasTimezone,
      hasPlugin: (path) => existsSync(join(boot, 'plugins', path)),
      hasFile: (path) => existsSync(join(boot, path)),
      checkKuiper: (value) => checkOwnerSettings(value, suggest),
    });
    own = read.settings;
    const secrets = secretsIn(text, read.parts);
    const masked = (words: string) => secrets.reduce((t, secret) => t.replaceAll(secret, '…'), words);
    problems.push(...found!.problems, ...ofBytes, ...read.problems.map((p) => ({ ...p, text: masked(p.text) })));
    withoutSecrets = removeSecrets(text, read.parts, read.used);
  }
  problems.push(...(imager?.problems.map((p) => ({ ...p, where: `Raspberry Pi Imager, ${p.where}` })) ?? []));
  // A box that was provisioned before keeps what gateway.yaml said: Imager's part counts where that says nothing.
  const settings: Settings = { ...imager?.settings, ...own };
  const keys = [...new Set([...(own.sshKeys ?? []), ...(imager?.settings.sshKeys ?? [])])];
  if (keys.length > 0) settings.sshKeys = keys;

  const failed = await apply(places, settings, problems);
  if (withoutSecrets !== undefined) await attempt(problems, found!.name, () => replaceSecretFile(join(boot, found!.name), withoutSecrets!));
  for (const name of names) await attempt(problems, name, () => replaceSecretFile(join(boot, name), undefined));
  const done = Object.entries(settings)
    .filter(([name, value]) => value !== undefined && !failed.has(name))
    .map(([name]) => name);
  const sources = [fresh ? found!.name : undefined, names.length > 0 ? `what Raspberry Pi Imager wrote (${names.join(', ')})` : undefined];
  const report = reportText({
    source: sources.filter((s) => s !== undefined).join(' and '),
    done,
    problems,
    secretsRemoved: withoutSecrets !== undefined,
  });
  await writeReport(places, report);
  if (fresh) {
    await mkdir(dirname(stamp), { recursive: true });
    await writeDurably(stamp, hash(withoutSecrets ?? bytes));
  }
  return report;
}

/** Writes the files of the device, each part for itself and what lets a person in first. @returns names of settings that were not written */
async function apply(places: Places, settings: Settings, problems: Problem[]): Promise<Set<string>> {
  const { boot, root } = places;
  const failed = new Set<string>();
  const part = async (name: string, work: () => Promise<void>) => {
    if (!(await attempt(problems, name, work))) failed.add(name);
  };
  const token = (await readIfThere(join(root, DEVICE, 'rest-token')))?.trim() || randomBytes(24).toString('base64url');
  const order = ['sshKeys', 'wired', 'wifi', 'vlans', 'hostname'] as const;
  const names = [...order, ...Object.keys(settings).filter((name) => !(order as readonly string[]).includes(name))] as (keyof Settings)[];
  // the wired file names the VLANs, so both are one part
  const together = settings.vlans ? { wired: settings.wired, vlans: settings.vlans } : undefined;
  for (const name of names) {
    if (settings[name] === undefined || (name === 'wired' && together)) continue;
    const one = (name === 'vlans' && together ? together : { [name]: settings[name] }) as Settings;
    await part(name, async () => {
      const { files, remove, links, certs } = render(one, token);
      for (const file of certs)
        await put(places, { path: `${CERTS}/${file}`, text: await readFile(join(boot, 'certs', file)), mode: 0o600 });
      for (const file of files) await put(places, file);
      for (const path of remove) await rm(join(root, path), { force: true });
      for (const [path, target] of Object.entries(links)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await rm(join(root, `${path}.new`), { force: true });
        await symlink(target, join(root, `${path}.new`));
        await rename(join(root, `${path}.new`), join(root, path));
      }
      for (const file of certs) if (isPrivateKey(boot, file)) await replaceSecretFile(join(boot, 'certs', file), undefined);
    });
  }
  for (const path of settings.plugins ?? []) {
    await part('plugins', async () =>
      put(places, {
        path: `/opt/kuiper/plugins/${path}`,
        text: await readFile(join(boot, 'plugins', path)),
        mode: 0o664,
        owner: 'kuiper',
        group: 'kuiper',
      }),
    );
  }
  if (settings.mqttUsers) await part('mqttUsers', () => putUsers(places, settings.mqttUsers!, problems));
  if (settings.kuiper) await part('kuiper', () => putOwnerSettings(places, settings.kuiper!));
  const { streams = [], rules = [] } = settings;
  if (streams.length + rules.length > 0) {
    await part('rules', () => put(places, { path: `${DEVICE}/content.json`, text: JSON.stringify({ streams, rules }), mode: 0o600 }));
  }
  return failed;
}

/** Users of the file, beside those that came over REST or CLI. */
async function putUsers(places: Places, wanted: readonly MqttUser[], problems: Problem[]): Promise<void> {
  let users = parseUsers((await readIfThere(join(places.root, USERS))) ?? '');
  for (const user of wanted) {
    const next = withUser(users, user);
    if (next) users = next;
    else
      problems.push({
        where: `mqtt.users, ${user.name}`,
        line: undefined,
        text: 'this device has no password of this user. Write it again',
      });
  }
  await put(places, { path: USERS, text: usersText(users), mode: 0o640, owner: 'kuiper-gw', group: 'kuiper-mqtt' });
}

/** Keys of kuiper.yaml that the owner sets; what an earlier file or the command line set stays. */
async function putOwnerSettings(places: Places, wanted: Record<string, unknown>): Promise<void> {
  const path = `/opt/kuiper/etc/${OWNER_FILE}`;
  const text = await readIfThere(join(places.root, path));
  const old = text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
  const merged = mergeLayers(old, wanted);
  await put(places, { path, text: `${JSON.stringify(merged, null, 2)}\n`, mode: 0o644, owner: 'kuiper-gw', group: 'kuiper-gw' });
}

/** Streams and rules of gateway.yaml, when some wait. @returns lines that were added to the report */
export async function applyContent(places: Places, send: Parameters<typeof createContent>[1]): Promise<string | undefined> {
  const file = join(places.root, DEVICE, 'content.json');
  const text = await readIfThere(file);
  if (text === undefined) return undefined;
  const lines = await createContent(JSON.parse(text) as { streams: string[]; rules: Record<string, unknown>[] }, send);
  await writeReport(places, `${(await readIfThere(join(places.boot, 'gateway-report.txt'))) ?? ''}${lines.join('\r\n')}\r\n`);
  await rm(file);
  return lines.join('\n');
}

/** On the partition that any machine reads, and where the login user reads it. One that cannot be written does not take the other. */
async function writeReport({ boot, root }: Places, report: string): Promise<void> {
  const copy = join(root, DEVICE, 'gateway-report.txt');
  await mkdir(dirname(copy), { recursive: true });
  await writeDurably(copy, report, 0o644);
  await attempt([], 'gateway-report.txt', () => writeDurably(join(boot, 'gateway-report.txt'), report));
}

/** @returns whether it was done; else the reason is among the problems, and in the log */
async function attempt(problems: Problem[], where: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const text = `could not be written: ${(error as Error).message}`;
    problems.push({ where, line: undefined, text });
    process.stderr.write(`gateway.yaml: ${where} ${text}\n`);
    return false;
  }
}

async function findFile(boot: string): Promise<{ name: string; problems: Problem[] } | undefined> {
  const all = await readdir(boot);
  if (all.includes('gateway.yaml')) return { name: 'gateway.yaml', problems: [] };
  const [name] = all.filter((n) => OTHER_NAMES.test(n)).sort();
  if (name === undefined) return undefined;
  if (name.toLowerCase() === 'gateway.yaml') return { name, problems: [] };
  return {
    name,
    problems: [{ where: 'the file', line: undefined, text: `it is called ${name}; it was read all the same. Call it gateway.yaml` }],
  };
}

async function readImagerFiles(boot: string): Promise<ImagerFiles> {
  const files: ImagerFiles = {};
  for (const name of IMAGER_FILES) {
    const text = await readIfThere(join(boot, name));
    if (text !== undefined) files[name] = text;
  }
  return files;
}

const isPrivateKey = (boot: string, file: string) => {
  const path = join(boot, 'certs', file);
  return existsSync(path) && readFileSync(path).includes('PRIVATE KEY');
};

const hash = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

async function main(): Promise<void> {
  const { execFileSync } = await import('node:child_process');
  const places: Places = {
    boot: '/boot/firmware',
    root: '',
    own: async (path, owner, group) => void execFileSync('chown', [`${owner}:${group}`, path]),
  };
  if (process.argv[2] === 'settings') {
    const { onDevice, recover } = await import('../network/main.ts');
    await recover(onDevice());
  }
  if (process.argv[2] === 'settings') process.stdout.write((await applySettings(places)) ?? 'gateway.yaml: nothing new.\n');
  else if (process.argv[2] === 'content') {
    const { restSender } = await import('./rest-sender.ts');
    process.stdout.write(`${(await applyContent(places, restSender(readToken()))) ?? 'gateway.yaml: no streams or rules wait.'}\n`);
  } else if (process.argv[2] === 'rest' && /^(open|close)$/.test(process.argv[3] ?? '')) {
    const { setRemoteRest } = await import('./rest-access.ts');
    const run = (program: string, args: readonly string[]) => void execFileSync(program, args, { timeout: 180_000 });
    await setRemoteRest(places, process.argv[3] === 'open', randomBytes(24).toString('base64url'), run);
  } else throw new Error('usage: main.ts settings|content|rest open|rest close');
}

/** The token of REST, when remote access is on. */
function readToken(): string | undefined {
  return existsSync('/etc/kuiper/rest.env') ? readFileSync(`${DEVICE}/rest-token`, 'utf8').trim() : undefined;
}

if (import.meta.main) await main();

// Where scheduled backups go: a folder, a stick (a folder that must be a mounted device of its own), an HTTP server (PUT), an MQTT topic. Each answers
// only when the file is there. Used by scheduled.ts.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';

const LIMIT_MS = 60_000;
const OURS = /^kuiper-[\w-]+\.kuiperbackup$/;

/** @param place `/folder`, `usb:/mount/folder`, `http(s)://server/path/{name}`, `mqtt(s)://server:port/topic`
 *  @throws Error that says what is wrong there */
export async function putBackup(place: string, name: string, file: Buffer, keep: number): Promise<void> {
  if (place.startsWith('usb:')) {
    const folder = place.slice('usb:'.length);
    mustBeMounted(folder);
    return putFolder(folder, name, file, keep);
  }
  if (/^https?:\/\//.test(place)) return putHttp(place, name, file);
  if (/^mqtts?:\/\//.test(place)) return putMqtt(place, file);
  if (isAbsolute(place)) return putFolder(place, name, file, keep);
  throw new Error(`${place}: expected a folder, usb:/folder, http://…, https://…, mqtt://… or mqtts://…`);
}

function putFolder(folder: string, name: string, file: Buffer, keep: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeDurably(join(folder, name), file, 0o600);
  // names of one gateway sort by their time; files of others are not ours to remove
  const own = name.slice(0, name.lastIndexOf('-20'));
  const all = readdirSync(folder)
    .filter((n) => OURS.test(n) && n.startsWith(own))
    .sort();
  for (const old of all.slice(0, Math.max(0, all.length - Math.max(1, keep)))) rmSync(join(folder, old), { force: true });
}

/** A stick that is not there leaves an empty folder on the card: a backup there would be none. */
function mustBeMounted(folder: string): void {
  if (!isAbsolute(folder)) throw new Error(`${folder} is not an absolute path`);
  let at = folder;
  while (!existsSync(at)) at = dirname(at);
  if (statSync(at).dev === statSync('/').dev) throw new Error(`no device is mounted at ${folder}`);
}

async function putHttp(address: string, name: string, file: Buffer): Promise<void> {
  const url = new URL(address.includes('{name}') ? address.replaceAll('{name}', name) : `${address.replace(/\/$/, '')}/${name}`);
  const headers: Record<string, string> = { 'Content-Type': 'application/octet-stream' };
  if (url.username) {
    headers['Authorization'] =
      `Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  const answer = await fetch(url, {
    method: 'PUT',
    body: new Uint8Array(file),
    headers,
    redirect: 'error',
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
}

async function putMqtt(address: string, file: Buffer): Promise<void> {
  const url = new URL(address);
  const topic = decodeURIComponent(url.pathname.slice(1));
  if (topic === '' || /[#+]/.test(topic)) throw new Error('the address needs a topic: mqtt://server:1883/backups/gateway1');
  url.pathname = '';
  const { connectAsync } = (await import('mqtt')).default;
  const client = await connectAsync(url.href, { reconnectPeriod: 0, connectTimeout: LIMIT_MS });
  client.on('error', () => undefined);
  try {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the broker did not confirm within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    });
    const closed = new Promise<never>((_, reject) => client.once('close', () => reject(new Error('the broker closed the connection'))));
    await Promise.race([client.publishAsync(topic, file, { qos: 1, retain: true }), late, closed]).finally(() => clearTimeout(timer));
  } finally {
    await client.endAsync(true);
  }
}

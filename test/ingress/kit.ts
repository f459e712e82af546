// A listener on a port of its own with a disk that can be cut, and clients as sensors and gateways are. Used by the tests of this folder and by
// scripts/ingress-campaign.ts.
import { cpSync, existsSync, fdatasync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { promisify } from 'node:util';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { createRealClock } from '../../src/base/clock.ts';
import { createLog } from '../../src/base/log.ts';
import { Listener, type ListenerOptions } from '../../src/ingress/listener.ts';
import { hashPassword, usersText } from '../../src/ingress/users.ts';

const realSync = promisify(fdatasync);
const SECTOR = 512;

/** The folder of a listener on a disk that loses, at a cut, what no sync has confirmed: any sector of it may be old or new. */
export class CutDisk {
  readonly dir = mkdtempSync(join(tmpdir(), 'ingress-'));
  readonly folder = join(this.dir, 'data');
  /** Files as the last sync left them. */
  readonly #synced = new Map<string, Buffer>();
  skipSync = false;
  syncs = 0;

  readonly sync = async (fd: number): Promise<void> => {
    const before = this.#read();
    if (!this.skipSync) {
      await realSync(fd);
      for (const [name, bytes] of before) this.#synced.set(name, bytes);
    }
    this.syncs++;
  };

  #read(): Map<string, Buffer> {
    const journal = join(this.folder, 'journal');
    const files = new Map<string, Buffer>();
    // the newest segment alone changes
    const name = readdirSync(journal)
      .filter((n) => n.endsWith('.seg'))
      .sort()
      .at(-1);
    if (name !== undefined) files.set(name, withoutZeros(readFileSync(join(journal, name))));
    return files;
  }

  /** What a power cut at this moment leaves. @param random 0 to 1 */
  cut(random: () => number): CutDisk {
    const image = new CutDisk();
    rmSync(image.folder, { recursive: true, force: true });
    cpSync(this.folder, image.folder, { recursive: true });
    const journal = join(image.folder, 'journal');
    const name = readdirSync(journal)
      .filter((n) => n.endsWith('.seg'))
      .sort()
      .at(-1);
    if (name === undefined) return image;
    const now = withoutZeros(readFileSync(join(journal, name)));
    const synced = this.#synced.get(name) ?? Buffer.alloc(0);
    // whole sectors, so that an old one fits
    const left = Buffer.concat([now, Buffer.alloc((SECTOR - (now.length % SECTOR)) % SECTOR)]);
    for (let at = 0; at < now.length; at += SECTOR) {
      const old = synced.subarray(at, at + SECTOR);
      if (now.subarray(at, at + SECTOR).equals(old) || random() < 0.5) continue;
      left.fill(0, at, at + SECTOR);
      old.copy(left, at);
    }
    writeFileSync(join(journal, name), left);
    return image;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function withoutZeros(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return Buffer.from(bytes.subarray(0, end));
}

export const OWNER_PASSWORD = 'open-Sesame-42';

/** Starts a listener on the disk. */
export async function listen(
  disk: CutDisk,
  options: Partial<ListenerOptions> = {},
): Promise<{ listener: Listener; port: number; lines: string[] }> {
  mkdirSync(disk.folder, { recursive: true });
  const ownerPasswordFile = join(disk.dir, 'password');
  if (!existsSync(ownerPasswordFile)) writeFileSync(ownerPasswordFile, `${OWNER_PASSWORD}\n`);
  const lines: string[] = [];
  const listener = new Listener({
    clock: createRealClock(),
    log: createLog({ level: 'info', write: (line) => void lines.push(line) }),
    folder: disk.folder,
    plain: { host: '127.0.0.1', port: 0 },
    ownerPasswordFile,
    usersFile: join(disk.dir, 'users.json'),
    sync: disk.sync,
    ...options,
  });
  const { plain } = await listener.start();
  return { listener, port: plain!, lines };
}

export function giveUsers(disk: CutDisk, users: { name: string; password: string; publish?: string[]; subscribe?: string[] }[]): void {
  mkdirSync(disk.dir, { recursive: true });
  const text = usersText(
    users.map(({ name, password, publish = [], subscribe = [] }) => ({ name, ...hashPassword(password), publish, subscribe })),
  );
  writeFileSync(join(disk.dir, 'users.json'), text);
}

/** A client that is connected. @throws why it was refused */
export function client(port: number, options: IClientOptions = {}, onPacket?: (packet: IPublishPacket) => void): Promise<MqttClient> {
  const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, { username: 'kuiper', password: OWNER_PASSWORD, reconnectPeriod: 0, ...options });
  if (onPacket) made.on('message', (_topic, _payload, packet) => onPacket(packet));
  return new Promise((resolve, reject) => {
    made.once('connect', () => resolve(made));
    made.once('error', (error) => {
      made.end(true);
      reject(error);
    });
    made.once('close', () => reject(new Error('closed')));
  });
}

/** Ends a client whatever state it is in. */
export const end = (one: MqttClient): Promise<void> => new Promise((resolve) => one.end(true, {}, () => resolve()));

/** A gateway: a lasting session that confirms when it is told to. */
export async function gateway(port: number, confirm: (n: number) => Promise<void> | void = () => undefined, topic = 'sensors/#') {
  const got: string[] = [];
  const one = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    username: 'kuiper',
    password: OWNER_PASSWORD,
    clientId: 'gateway',
    clean: false,
    reconnectPeriod: 0,
    customHandleAcks: undefined,
  } as IClientOptions);
  let count = 0;
  (one as unknown as { handleMessage: (packet: { payload: Buffer }, done: () => void) => void }).handleMessage = (packet, done) => {
    const text = packet.payload.toString();
    void Promise.resolve(confirm(count++)).then(() => {
      got.push(text);
      done();
    });
  };
  one.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    one.once('connect', () => resolve());
    one.once('close', () => reject(new Error('closed')));
  });
  await one.subscribeAsync(topic, { qos: 1 });
  return { client: one, got };
}

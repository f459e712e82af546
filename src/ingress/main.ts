// The program of kuiper-mqtt.service: the device's MQTT listener. Everything comes from the command line; what changes (users, password, certificate)
// is read again by itself. Figures go to a file in memory for `kuiper system status`. Next file: listener.ts.
import { renameSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeToStream } from 'mqtt-packet';
import { createRealClock } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { createLog } from '../base/log.ts';
import { Listener, type ListenerOptions } from './listener.ts';

const STATUS_EVERY_MS = 5000;

function place(text: string): { host: string; port: number } {
  const cut = text.lastIndexOf(':');
  const port = Number(text.slice(cut + 1));
  if (cut < 1 || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`expected ADDRESS:PORT, not "${text}"`);
  return { host: text.slice(0, cut).replace(/^\[|\]$/g, ''), port };
}

export function optionsOf(args: readonly string[]): Omit<ListenerOptions, 'clock' | 'log'> & { status: string | undefined } {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      plain: { type: 'string' },
      tls: { type: 'string' },
      cert: { type: 'string' },
      key: { type: 'string' },
      'owner-password': { type: 'string' },
      users: { type: 'string' },
      status: { type: 'string' },
      'sync-every-ms': { type: 'string' },
      'grace-ms': { type: 'string' },
      'max-journal-mb': { type: 'string' },
    },
  });
  const number = (name: 'sync-every-ms' | 'grace-ms' | 'max-journal-mb'): number | undefined => {
    const text = values[name];
    if (text === undefined) return undefined;
    if (!/^\d+$/.test(text)) throw new Error(`--${name}: expected a whole number, not "${text}"`);
    return Number(text);
  };
  if (values.data === undefined) throw new Error('--data FOLDER is needed');
  if (values.tls !== undefined && (values.cert === undefined || values.key === undefined)) throw new Error('--tls needs --cert and --key');
  if (values.tls === undefined && values.plain === undefined) throw new Error('--plain or --tls ADDRESS:PORT is needed');
  const megabytes = number('max-journal-mb');
  const sync = number('sync-every-ms');
  const grace = number('grace-ms');
  return {
    folder: values.data,
    status: values.status,
    ...(values.plain === undefined ? {} : { plain: place(values.plain) }),
    ...(values.tls === undefined ? {} : { tls: { ...place(values.tls), certFile: values.cert!, keyFile: values.key! } }),
    ...(values['owner-password'] === undefined ? {} : { ownerPasswordFile: values['owner-password'] }),
    ...(values.users === undefined ? {} : { usersFile: values.users }),
    ...(sync === undefined ? {} : { syncEveryMs: sync }),
    ...(grace === undefined ? {} : { graceMs: grace }),
    ...(megabytes === undefined ? {} : { maxJournalBytes: megabytes * 1_048_576 }),
  };
}

async function main(): Promise<void> {
  writeToStream.cacheNumbers = false; // a table of 65,536 buffers that nobody needs
  const clock = createRealClock();
  const log = createLog({ level: 'info' });
  const { status, ...options } = optionsOf(process.argv.slice(2));
  const listener = new Listener({ ...options, clock, log });
  const ports = await listener.start();
  log.info(ports, 'MQTT listener ready.');
  const write = () => {
    if (status === undefined) return;
    try {
      writeFileSync(`${status}.new`, `${JSON.stringify(listener.figures)}\n`, { mode: 0o644 });
      renameSync(`${status}.new`, status);
    } catch (error) {
      log.warn({ file: status, cause: messageOf(error) }, 'Figures cannot be written.');
    }
  };
  write();
  const timer = setInterval(write, STATUS_EVERY_MS);
  const stop = () => {
    clearInterval(timer);
    listener.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ cause: messageOf(error) }, 'The stop was not clean.');
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

if (import.meta.main) {
  main().catch((error: unknown) => {
    process.stderr.write(`kuiper-mqtt: ${messageOf(error)}\n`);
    process.exit(1);
  });
}

// Brings a packed plugin onto a gateway: over REST when it runs on this machine, over ssh when it is a device. Called by install and dev.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import type { Client } from '../client.ts';
import { rephrase } from '../command.ts';
import { withUpload } from '../upload.ts';

export interface PushedPlugin {
  kind: 'sources' | 'sinks' | 'functions';
  name: string;
  zip: Buffer;
  /** Names of SQL functions, when they are not just the plugin's. */
  functions?: readonly string[];
}

/** @returns lines to show after the first: files in etc that stayed as edited */
export async function pushOverRest(client: Client, { kind, name, zip, functions }: PushedPlugin): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-plugin-'));
  try {
    const file = join(folder, `${name}.zip`);
    writeFileSync(file, zip);
    const path = `/plugins/${kind}`;
    const there = (await client.json<string[]>('GET', path)).includes(name);
    const answer = await rephrase(
      '',
      (cause) => `Install plugin error: ${cause}`,
      () =>
        withUpload(client, file, `${name}.zip`, (url) =>
          client.call(
            there ? 'PUT' : 'POST',
            there ? `${path}/${name}` : path,
            JSON.stringify({ name, file: url, ...(functions ? { functions } : {}) }),
          ),
        ),
    );
    return answer.split('\n').slice(1).filter(Boolean);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface SshTarget {
  /** `kuiper@device`, as ssh takes it. */
  host: string;
  /** Root folder of the gateway there. */
  root: string;
}

const LIVE_WITHIN_MS = 15_000;
const LOOK_MS = 400;

/** Puts the zip into the folder of its kind, where the gateway finds it, and waits for the answer in STATUS.txt.
 *  @returns what STATUS.txt says of it  @throws CliError when it is not used */
export async function pushOverSsh({ host, root }: SshTarget, { kind, name, zip }: PushedPlugin): Promise<string> {
  const folder = `${root}/plugins/${kind}`;
  // renamed when it is whole: a half copied zip is nobody's business
  await ssh(host, `cat > '${folder}/.${name}.zip.part' && mv '${folder}/.${name}.zip.part' '${folder}/${name}.zip'`, zip);
  const until = Date.now() + LIVE_WITHIN_MS;
  for (;;) {
    const text = await ssh(host, `ls '${folder}'; echo; cat '${folder}/STATUS.txt' 2>/dev/null || true`);
    const [list, status = ''] = text.split('\n\n', 1).concat(text.slice(text.indexOf('\n\n') + 2));
    const own = status.split('\n').filter((l) => new RegExp(`^${name}(?:@\\S+)?\\.`, 'i').test(l));
    const zipThere = list!.split('\n').includes(`${name}.zip`);
    const refused = own.find((l) => l.startsWith(`${name}.zip`));
    if (refused) throw new CliError(`${host} does not take it: ${refused}`, 'refused');
    if (!zipThere && own.length > 0) return own.join('\n');
    if (Date.now() > until)
      throw new CliError(
        `${host}: no word of ${name} in ${folder}/STATUS.txt within ${LIVE_WITHIN_MS / 1000} s. Is the gateway running?`,
        'unreachable',
      );
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function ssh(host: string, command: string, input?: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.env['KUIPER_SSH'] ?? 'ssh', ['-o', 'BatchMode=yes', host, command], { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
    child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
    child.on('error', (error) => reject(new CliError(`ssh cannot be run: ${error.message}`, 'unreachable')));
    child.on('close', (code) =>
      code === 0 ? resolve(out) : reject(new CliError(`${host}: ${err.trim() || `ssh ended with ${code}`}`, 'unreachable')),
    );
    child.stdin.on('error', () => undefined); // its end is reported by `close`
    child.stdin.end(input);
  });
}

/** Makes the gateway's REST port of a device reachable here. @returns its address and how to end it */
export async function tunnel(host: string, remotePort: number): Promise<{ port: number; close(): void }> {
  const { createServer, connect } = await import('node:net');
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  const child = spawn(
    process.env['KUIPER_SSH'] ?? 'ssh',
    ['-N', '-o', 'BatchMode=yes', '-o', 'ExitOnForwardFailure=yes', '-L', `127.0.0.1:${port}:127.0.0.1:${remotePort}`, host],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let err = '';
  let ended = false;
  child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
  child.on('close', () => (ended = true));
  child.on('error', (error) => ((ended = true), (err = error.message)));
  const until = Date.now() + LIVE_WITHIN_MS;
  for (;;) {
    if (ended) throw new CliError(`${host}: ${err.trim() || 'the tunnel ended'}`, 'unreachable');
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
    });
    if (open) return { port, close: () => void child.kill() };
    if (Date.now() > until) {
      child.kill();
      throw new CliError(`${host}: no tunnel within ${LIVE_WITHIN_MS / 1000} s`, 'unreachable');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

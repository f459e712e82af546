// A real counterpart in Python (.cache/peers: libzmq, NNG; scripts/test-deps.sh): a script that reads lines of JSON and prints lines of JSON.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './mosquitto.ts';
import { haveFile } from './parts.ts';

export const PEERS_PYTHON = resolve('.cache/peers/bin/python');
export const havePeers = (): boolean => haveFile(PEERS_PYTHON, 'Python with pyzmq and pynng (.cache/peers, scripts/test-deps.sh)');

export interface PythonPeer {
  /** What it printed after its `ready`, line by line. */
  readonly lines: string[];
  /** What the `ready` line says behind the word. */
  readonly version: string;
  send(value: unknown): void;
  kill(): Promise<void>;
}

/** Starts it and waits for its `ready`. */
export async function startPeer(script: string, ...args: readonly string[]): Promise<PythonPeer> {
  const child: ChildProcess = spawn(PEERS_PYTHON, ['-u', resolve(script), ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const all: string[] = [];
  let said = '';
  createInterface({ input: child.stdout! }).on('line', (line) => all.push(line));
  child.stderr!.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2000);
  });
  // a pipe that broke since the peer was killed
  child.stdin!.on('error', () => undefined);
  await until(() => {
    if (child.exitCode !== null) throw new Error(`${script} ended: ${said}`);
    return all[0]?.startsWith('ready') === true;
  }, `${script} is ready`);
  const version = all.shift()!.slice('ready'.length).trim();
  return {
    lines: all,
    version,
    send: (value) => void child.stdin!.write(`${JSON.stringify(value)}\n`),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

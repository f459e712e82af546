// pymodbus as the peer of tests: a server that nobody here wrote, and its encoder. Installed by scripts/test-deps.sh into .cache/pymodbus.
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type PeerServer, spawnPeer } from './spawn-peer.ts';

const python = join(process.cwd(), '.cache/pymodbus/bin/python');
const script = join(import.meta.dirname, 'pymodbus-server.py');

export const havePymodbus = existsSync(python);
if (!havePymodbus) {
  if (process.env['CI'] === 'true') throw new Error('pymodbus is missing: scripts/test-deps.sh installs it');
  console.warn('pymodbus is missing (scripts/test-deps.sh installs it): tests against it are left out');
}

/** Units 1 to 3; register i of table t (2 holding, 3 input) of unit u holds u·4096 + t·1024 + i. @param where port or device */
export const startPymodbus = (kind: 'tcp' | 'rtu' | 'ascii', where: string | number): Promise<PeerServer> =>
  spawnPeer('pymodbus', python, [script, kind, String(where)]);

/** Serves only these holding registers of unit 1. */
export const startSunSpec = (port: number, registers: Readonly<Record<number, readonly number[]>>): Promise<PeerServer> =>
  spawnPeer('pymodbus', python, [script, 'sunspec', String(port), JSON.stringify(registers)]);

export const holdingValue = (unit: number, address: number): number => unit * 4096 + 2048 + address;

/** What pymodbus's client finds at a server after it wrote some. */
export async function pymodbusRead(kind: 'tcp' | 'rtu', where: string | number, unit: number): Promise<unknown> {
  const { stdout } = await promisify(execFile)(python, [script, 'client', kind, String(where), String(unit)], { timeout: 20_000 });
  return JSON.parse(stdout);
}

/** Registers of each value as pymodbus's encoder makes them. */
export function pymodbusEncode(jobs: readonly { type: string; value: string; words: 'big' | 'little' }[]): number[][] {
  const out = execFileSync(python, [script, 'encode'], { input: jobs.map((j) => JSON.stringify(j)).join('\n'), encoding: 'utf8' });
  return out
    .trim()
    .split('\n')
    .map((l) => JSON.parse(l) as number[]);
}

// RAUC, the program that checks signatures and writes slots: what it is asked and what its answers mean. Its texts become codes of our catalogue here and
// nowhere else. Called by updater.ts; on a device as root.
import { spawn } from 'node:child_process';
import { GatewayError } from '../../base/errors/gateway-error.ts';

export interface BundleInfo {
  readonly compatible: string;
  readonly version: string;
}

export interface Rauc {
  /** Reads a bundle whose signature is right. @throws GatewayError UPDATE_SIGNATURE, UPDATE_CERTIFICATE_TIME, UPDATE_DAMAGED */
  info(file: string): Promise<BundleInfo>;
  /** Writes it into the slot that does not run. @throws GatewayError as info(), UPDATE_OTHER_BOARD, UPDATE_STOPPED, UPDATE_FAILED */
  install(file: string, onPercent: (percent: number) => void, signal?: AbortSignal): Promise<void>;
}

export interface RaucOptions {
  /** e.g. `/usr/lib/kuiper/rauc.conf` */
  readonly config: string;
  readonly program?: string;
  /** Wall time, for the text of a certificate that is not valid now. */
  now(): number;
}

/** Longest time for writing a slot: a slow card takes 1 GiB in some minutes. */
const INSTALL_LIMIT_MS = 30 * 60_000;
const INFO_LIMIT_MS = 120_000;

export function createRauc({ config, program = 'rauc', now }: RaucOptions): Rauc {
  return {
    async info(file) {
      const { code, out, err } = await run(program, [`--conf=${config}`, 'info', '--output-format=json', file], INFO_LIMIT_MS);
      if (code !== 0) throw errorOf(err, now());
      const { compatible, version } = JSON.parse(out) as { compatible?: string; version?: string };
      if (!compatible || !version) throw new GatewayError('UPDATE_DAMAGED', { problem: 'its manifest names no version' });
      return { compatible, version };
    },
    async install(file, onPercent, signal) {
      const percent = (text: string) => {
        for (const [, number] of text.matchAll(/^\s*(\d{1,3})%/gm)) onPercent(Number(number));
      };
      const { code, err, out } = await run(program, ['install', file], INSTALL_LIMIT_MS, { onText: percent, signal });
      if (signal?.aborted) throw new GatewayError('UPDATE_STOPPED', { phase: 'writing the slot' });
      if (code !== 0) throw errorOf(`${err}\n${out}`, now());
    },
  };
}

/** What RAUC says, as one of our errors. Exported for its test, which takes the texts of a real RAUC. */
export function errorOf(text: string, nowMs: number): GatewayError {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^LastError:\s*/, '').trim())
    .filter((line) => line !== '' && !/^rauc-Message|^\d+%|^installing$|^idle$|^Installing `/.test(line));
  const problem = lines.find((line) => /verif|bundle|mismatch|rror|ailed/.test(line)) ?? lines.at(-1) ?? 'RAUC gave no reason';
  if (/certificate has expired|certificate is not yet valid/.test(text))
    return new GatewayError('UPDATE_CERTIFICATE_TIME', { problem, now: new Date(nowMs).toISOString().slice(0, 16).replace('T', ' ') });
  if (/signature verification failed|[Ff]ailed to verify signature|unable to get local issuer|unsuitable certificate|no signer/.test(text))
    return new GatewayError('UPDATE_SIGNATURE', { problem });
  const [, device = 'this device', bundle = 'another one'] =
    /ompatible mismatch: Expected '([^']*)' but bundle manifest has '([^']*)'/.exec(text) ?? [];
  if (/ompatible mismatch/.test(text)) return new GatewayError('UPDATE_OTHER_BOARD', { device, bundle });
  if (/Invalid bundle format|bundle size|not a RAUC bundle|identifier|[Ii]nput\/output error|dm-verity|hecksum|squashfs/.test(text))
    return new GatewayError('UPDATE_DAMAGED', { problem });
  return new GatewayError('UPDATE_FAILED', { problem });
}

interface RunOptions {
  onText?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

function run(
  program: string,
  args: readonly string[],
  limitMs: number,
  { onText, signal }: RunOptions = {},
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: limitMs,
      ...(signal ? { signal } : {}),
      env: { ...process.env, LC_ALL: 'C' },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out = (out + chunk.toString('utf8')).slice(-65_536);
      onText?.(chunk.toString('utf8'));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err = (err + chunk.toString('utf8')).slice(-65_536);
    });
    child.on('error', (error) => {
      // stopped by the caller, who looks at the signal when the program has ended
      if (error.name !== 'AbortError')
        reject(new GatewayError('UPDATE_FAILED', { problem: `${program} could not be run: ${error.message}` }));
    });
    child.on('close', (code) => resolve({ code: code ?? 255, out, err }));
  });
}

// Fetches a bundle into a file, and goes on where the last try ended, also after a restart of the device. The server's ETag (or Last-Modified) says whether
// it is still the same file. Called by updater.ts.
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBackoff } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { writeDurably } from '../../base/durable-file.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { checkSpace } from './space.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the whole file, in hex. */
  readonly sha256?: string | undefined;
  readonly folder: string;
  readonly clock: Clock;
  onPercent(percent: number): void;
  readonly signal: AbortSignal;
  /** Tries without a single new byte before it is given up; 8 if absent. */
  readonly tries?: number;
  readonly random?: () => number;
  readonly freeBytes?: (folder: string) => number;
}

/** What belongs to the half of a file that is there. */
interface Kept {
  url: string;
  validator: string;
  size: number;
}

const PART = 'bundle.part';
const KEPT = 'bundle.part.json';
/** A server that sends nothing for so long has gone. */
const SILENCE_MS = 30_000;

/** @returns path of the whole file  @throws GatewayError UPDATE_DOWNLOAD, UPDATE_NO_SPACE, UPDATE_DAMAGED, UPDATE_STOPPED */
export async function download(options: DownloadOptions): Promise<string> {
  const { folder, url, clock, signal, tries = 8 } = options;
  mkdirSync(folder, { recursive: true });
  const part = join(folder, PART);
  const backoff = createBackoff({ firstMs: 1000, maxMs: 60_000, ...(options.random ? { random: options.random } : {}) });
  const size = () => (existsSync(part) ? statSync(part).size : 0);
  let had = size();
  for (;;) {
    let problem: string;
    try {
      if (await fetchOnce(options, part)) break;
      problem = 'the connection ended early';
    } catch (error) {
      if (signal.aborted) throw new GatewayError('UPDATE_STOPPED', { phase: 'fetching the bundle' });
      if (error instanceof GatewayError && !error.retriable) throw error;
      problem = messageOf(error instanceof Error && error.cause ? error.cause : error);
    }
    if (size() > had) backoff.reset();
    had = size();
    if (backoff.tries >= tries - 1) throw new GatewayError('UPDATE_DOWNLOAD', { url, problem: `${problem} (after ${tries} tries)` });
    try {
      await clock.sleep(backoff.next(), signal);
    } catch {
      throw new GatewayError('UPDATE_STOPPED', { phase: 'fetching the bundle' });
    }
  }
  await checkSum(part, options);
  const whole = join(folder, 'bundle.raucb');
  renameSync(part, whole);
  rmSync(join(folder, KEPT), { force: true });
  return whole;
}

/** A file that is there already, compared with its sum. @throws GatewayError UPDATE_DAMAGED; the file is removed then, so that the next try begins anew */
async function checkSum(file: string, { sha256, folder }: Pick<DownloadOptions, 'sha256' | 'folder'>): Promise<void> {
  if (sha256 === undefined) return;
  const found = await sha256Of(file);
  if (found === sha256.toLowerCase()) return;
  rmSync(file, { force: true });
  rmSync(join(folder, KEPT), { force: true });
  throw new GatewayError('UPDATE_DAMAGED', { problem: `its SHA-256 is ${found}, expected ${sha256.toLowerCase()}` });
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** @returns whether the file is whole now */
async function fetchOnce(options: DownloadOptions, part: string): Promise<boolean> {
  const { url, headers = {}, folder, onPercent, signal } = options;
  const kept = readKept(folder, url);
  let at = kept && existsSync(part) ? statSync(part).size : 0;
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(new Error('the server sends nothing')), SILENCE_MS);
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new Error('the server sends nothing')), SILENCE_MS);
  };
  try {
    const range: Record<string, string> = at > 0 ? { range: `bytes=${at}-`, 'if-range': kept!.validator } : {};
    const response = await fetch(url, {
      headers: { ...headers, 'accept-encoding': 'identity', ...range },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === 416 && kept?.size === at) return true;
    if (response.status === 416) {
      rmSync(part, { force: true });
      rmSync(join(folder, KEPT), { force: true });
      return false;
    }
    if (response.status >= 500 || response.status === 429 || response.status === 408)
      throw new Error(`the server answered ${response.status}`);
    if (!response.ok || !response.body)
      throw new GatewayError('UPDATE_FAILED', { problem: `${url} is not there: the server answered ${response.status}` });
    if (response.status !== 206) at = 0;
    const total = totalOf(response, at);
    if (total !== undefined) checkSpace(folder, total, { haveBytes: at, free: options.freeBytes });
    const validator = response.headers.get('etag') ?? response.headers.get('last-modified') ?? '';
    // A weak tag does not promise the same bytes.
    if (validator !== '' && !validator.startsWith('W/') && total !== undefined)
      writeDurably(join(folder, KEPT), JSON.stringify({ url, validator, size: total } satisfies Kept));
    else rmSync(join(folder, KEPT), { force: true });
    let got = at;
    const count = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        got += chunk.length;
        alive();
        if (total !== undefined && total > 0) onPercent(Math.floor((100 * got) / total));
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body as never), count, createWriteStream(part, { flags: at > 0 ? 'a' : 'w', flush: true }), {
      signal,
    });
    return total === undefined || got === total;
  } finally {
    clearTimeout(timer);
  }
}

function readKept(folder: string, url: string): Kept | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, KEPT), 'utf8');
  } catch {
    return undefined; // nothing is kept
  }
  const kept = JSON.parse(text) as Kept;
  return kept.url === url ? kept : undefined;
}

/** Bytes of the whole file. */
function totalOf(response: Response, at: number): number | undefined {
  const range = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && range) return Number(range);
  const length = response.headers.get('content-length');
  return length === null ? undefined : Number(length) + at;
}

// Sends a bundle of the system to a gateway elsewhere, in parts. A part that does not get through is sent again; the gateway says how much it has.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { CliError } from './cli-error.ts';
import type { Client } from './client.ts';

/** In base64 it stays below the longest body of a call. */
const PART_BYTES = 8 * 1024 * 1024;
/** Tries of one part. */
const TRIES = 5;
const PAUSE_MS = 1000;

export interface SendOptions {
  /** Told after each part, 0 to 100. */
  onPercent(percent: number): void;
  /** Between two tries, ms. */
  pauseMs?: number;
  partBytes?: number;
}

/** @throws CliError of the last try */
export async function sendBundle(
  client: Client,
  file: string,
  { onPercent, pauseMs = PAUSE_MS, partBytes = PART_BYTES }: SendOptions,
): Promise<void> {
  const total = statSync(file).size;
  if (total === 0) throw new CliError(`${file} is empty.`, 'usage');
  await client.call('POST', '/system/update/upload', JSON.stringify({ bytes: total }));
  const fd = openSync(file, 'r');
  try {
    let at = 0;
    let tries = 0;
    const part = Buffer.alloc(Math.min(partBytes, total));
    while (at < total) {
      const length = readSync(fd, part, 0, part.length, at);
      if (length === 0) throw new CliError(`${file} became shorter while it was sent.`, 'usage');
      const body = JSON.stringify({ at, base64: part.toString('base64', 0, length) });
      try {
        at = (await client.json<{ bytes: number }>('PUT', '/system/update/upload', body)).bytes;
        tries = 0;
        onPercent(Math.floor((100 * at) / total));
      } catch (error) {
        if (++tries >= TRIES || !isPassing(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
        // the part may have got through, and only the answer not
        at = await client.json<{ bytes: number }>('GET', '/system/update/upload').then(
          ({ bytes }) => bytes,
          () => at,
        );
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** The line was away. What the gateway refuses, it refuses again. */
const isPassing = (error: unknown): boolean => error instanceof CliError && error.kind === 'unreachable';

// Is there room for a bundle? The same question for one that is fetched, one that is given to the updater, and one that is sent over REST.
import { statfsSync } from 'node:fs';
import { GatewayError } from '../../base/errors/gateway-error.ts';

/** Left on the disk for messages, results and what the gateway keeps while a bundle is there. */
const RESERVE_BYTES = 64 * 1024 * 1024;

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

export interface Room {
  /** Bytes of it that are there already. */
  readonly haveBytes?: number;
  /** What is free below a folder. */
  readonly free?: ((folder: string) => number) | undefined;
}

/** @param bytes of the bundle; NaN (not known) is refused  @throws GatewayError UPDATE_NO_SPACE */
export function checkSpace(folder: string, bytes: number, { haveBytes = 0, free = freeBytes }: Room = {}): void {
  const available = free(folder) - RESERVE_BYTES;
  if (bytes - haveBytes <= available) return;
  throw new GatewayError('UPDATE_NO_SPACE', {
    neededMb: Math.ceil(bytes / 1e6),
    freeMb: Math.floor(Math.max(0, available) / 1e6),
    folder,
  });
}

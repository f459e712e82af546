// A bundle that another machine sends over REST, in parts: it is longer than a body may be, and a line that breaks costs the last part only. Lies in the
// gateway's data until it is installed or taken away. Called by rest/routes/system-update.ts; what sends is cli/send-bundle.ts.
import { appendFileSync, closeSync, fsyncSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { checkSpace, type Room } from './space.ts';

const NAME = 'update-upload.raucb';

export interface BundleUpload {
  /** Of the bundle; it may be incomplete. */
  readonly file: string;
  /** How many bytes are there; 0: none. */
  bytes(): number;
  /** @throws GatewayError UPDATE_NO_SPACE; what was there is gone either way */
  begin(bytes: number): void;
  /** Adds a part, which is on disk when this returns. @param at where it begins  @returns how many bytes are there  @throws GatewayError UPDATE_PART when it does not begin where the last one ended */
  add(at: number, part: Uint8Array): number;
  remove(): void;
}

/** @param free what is free below the folder, in bytes */
export function createBundleUpload(folder: string, free?: Room['free']): BundleUpload {
  const file = join(folder, NAME);
  const bytes = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const remove = () => rmSync(file, { force: true });
  return {
    file,
    bytes,
    remove,
    begin(total) {
      mkdirSync(folder, { recursive: true });
      remove();
      // the updater, which opens no path of others, takes a copy of its own
      checkSpace(folder, 2 * total, { free });
    },
    add(at, part) {
      const there = bytes();
      if (at !== there) throw new GatewayError('UPDATE_PART', { at, there });
      const fd = openSync(file, 'a', 0o600);
      try {
        appendFileSync(fd, part);
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
      return there + part.length;
    },
  };
}

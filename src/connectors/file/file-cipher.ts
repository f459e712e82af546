// Encryption of one file as it grows (`encryption: aes`), in eKuiper's layout: 16 bytes that are drawn for the file, then everything as one stream of
// AES in CFB mode. A file can be gone on with at any byte: the last bytes of it are all that the stream needs. Used by out-file.ts.
import type { FileHandle } from 'node:fs/promises';
import { rowError } from '../../base/errors/gateway-error.ts';
import { nodeCrypto } from '../../base/node-builtins.ts';

const BLOCK_BYTES = 16;

const ALGORITHMS: ReadonlyMap<number, 'aes-128-cfb' | 'aes-192-cfb' | 'aes-256-cfb'> = new Map([
  [16, 'aes-128-cfb'],
  [24, 'aes-192-cfb'],
  [32, 'aes-256-cfb'],
]);

/** @param handle open for reading, too  @param size bytes that are there and stay
 *  @returns what is to be written for the next bytes, in their order */
export async function createFileCipher(key: Uint8Array, handle: FileHandle, size: number): Promise<(bytes: Uint8Array) => Uint8Array> {
  const algorithm = ALGORITHMS.get(key.length);
  if (!algorithm) throw new Error(`basic.aesKey has ${key.length} bytes; AES takes 16, 24 or 32`);
  const { createCipheriv, createDecipheriv, randomBytes } = nodeCrypto();
  if (size === 0) {
    const iv = randomBytes(BLOCK_BYTES);
    const cipher = createCipheriv(algorithm, key, iv);
    let lead: Buffer | undefined = iv;
    return (bytes) => {
      const out = cipher.update(bytes);
      const all = lead ? Buffer.concat([lead, out]) : out;
      lead = undefined;
      return all;
    };
  }
  if (size < BLOCK_BYTES) throw rowError(`the file has ${size} bytes: it is no encrypted file, move it away`, 'PLACE_REFUSED');
  // a block of the stream depends on the block before it and on nothing else. @source NIST SP 800-38A, 6.3
  const begun = (size - BLOCK_BYTES) % BLOCK_BYTES;
  const tail = Buffer.alloc(BLOCK_BYTES + begun);
  const { bytesRead } = await handle.read(tail, 0, tail.length, size - tail.length);
  if (bytesRead < tail.length) throw new Error('the end of the file could not be read');
  const before = tail.subarray(0, BLOCK_BYTES);
  const cipher = createCipheriv(algorithm, key, before);
  cipher.update(createDecipheriv(algorithm, key, before).update(tail.subarray(BLOCK_BYTES)));
  return (bytes) => cipher.update(bytes);
}

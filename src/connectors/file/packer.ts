// Compression of one file as it grows: what was packed so far can be given out at any moment so that a reader can unpack all of it, and a member that
// was cut there can be ended by hand. Used by out-file.ts.
import zlib from 'node:zlib';

export type Compression = '' | 'gzip' | 'zstd';

export interface Packer {
  /** Takes bytes; gives out nothing by itself. */
  push(bytes: Uint8Array): Promise<void>;
  /** @returns what was packed since; with everything before it a reader can unpack all that was pushed */
  flush(): Promise<Buffer>;
  /** As `flush`, and the member is complete. Nothing may be pushed after it. */
  end(): Promise<Buffer>;
  /** Bytes that complete the member when they stand behind the last flush: for a file that is cut there. */
  readonly closing: Buffer;
  /** Gives its memory back. */
  drop(): void;
}

/** Ends a zstd frame: a last block that is raw and empty. @source RFC 8878, 3.1.1.2 */
const ZSTD_END = Buffer.from([1, 0, 0]);
/** Ends deflate data: a last block that holds only its end mark. @source RFC 1951, 3.2.6 */
const DEFLATE_END = Buffer.from([3, 0]);

export function createPacker(kind: 'gzip' | 'zstd'): Packer {
  const gzip = kind === 'gzip';
  const stream = gzip ? zlib.createGzip() : zlib.createZstdCompress();
  const flushKind = gzip ? zlib.constants.Z_SYNC_FLUSH : zlib.constants.ZSTD_e_flush;
  let out: Buffer[] = [];
  let crc = 0;
  let size = 0;
  let begun = false;
  let closing: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => out.push(chunk));
  const take = (): Buffer => {
    const all = out.length === 1 ? out[0]! : Buffer.concat(out);
    out = [];
    return all;
  };
  const failing = <T>(run: (resolve: (value: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(error);
      stream.once('error', failed);
      run((value) => {
        stream.off('error', failed);
        resolve(value);
      });
    });
  return {
    push: (bytes) =>
      failing((resolve) => {
        begun = true;
        if (gzip) {
          crc = zlib.crc32(bytes, crc);
          size += bytes.byteLength;
        }
        stream.write(bytes, (error) => {
          if (!error) resolve();
        });
      }),
    flush: () =>
      failing((resolve) => {
        stream.flush(flushKind, () => {
          if (begun && gzip) {
            const trailer = Buffer.alloc(8);
            trailer.writeUInt32LE(crc, 0);
            trailer.writeUInt32LE(size % 2 ** 32, 4);
            closing = Buffer.concat([DEFLATE_END, trailer]);
          } else if (begun) closing = ZSTD_END;
          resolve(take());
        });
      }),
    end: () =>
      failing((resolve) => {
        stream.once('end', () => {
          closing = Buffer.alloc(0);
          resolve(take());
        });
        stream.end();
      }),
    get closing() {
      return closing;
    },
    drop: () => stream.destroy(),
  };
}

/** A member of its own. */
export const packWhole = (kind: 'gzip' | 'zstd', text: string): Buffer =>
  kind === 'gzip' ? zlib.gzipSync(text) : zlib.zstdCompressSync(text);

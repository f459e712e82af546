// zlib, gzip, flate and zstd, for `compression` of sinks and `decompression` of sources.

import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import { nodeZlib } from '../base/node-builtins.ts';

export const compressionNames = ['zlib', 'gzip', 'flate', 'zstd'] as const;
export type CompressionName = (typeof compressionNames)[number];

/** A small packet must not unpack to more than this. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

const compressors: Record<CompressionName, (data: Uint8Array) => Uint8Array> = {
  zlib: (d) => nodeZlib().deflateSync(d),
  gzip: (d) => nodeZlib().gzipSync(d),
  flate: (d) => nodeZlib().deflateRawSync(d),
  zstd: (d) => nodeZlib().zstdCompressSync(d),
};
const limit = { maxOutputLength: MAX_UNPACKED_BYTES };
const decompressors: Record<CompressionName, (data: Uint8Array) => Uint8Array> = {
  zlib: (d) => nodeZlib().inflateSync(d, limit),
  gzip: (d) => nodeZlib().gunzipSync(d, limit),
  flate: (d) => nodeZlib().inflateRawSync(d, limit),
  zstd: (d) => nodeZlib().zstdDecompressSync(d, limit),
};

/** @throws Error for an unknown name */
export function createCompressor(name: string): (data: Uint8Array) => Uint8Array {
  const f = compressors[name.toLowerCase() as CompressionName];
  if (!f) throw new Error(`unsupported compressor: ${name}; use ${compressionNames.join(', ')}`);
  return f;
}

/** @throws Error for an unknown name; the result throws rowError for bytes that are not of that compression */
export function createDecompressor(name: string): (data: Uint8Array) => Uint8Array {
  const f = decompressors[name.toLowerCase() as CompressionName];
  if (!f) throw new Error(`unsupported decompressor: ${name}; use ${compressionNames.join(', ')}`);
  return (data) => {
    try {
      return f(data);
    } catch (error) {
      throw rowError(`decompression ${name} failed: ${messageOf(error)}`, 'DECODE_FAILED');
    }
  };
}

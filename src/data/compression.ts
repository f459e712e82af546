// zlib, gzip, flate and zstd: for compress() and decompress() in SQL, `compression` of sinks and `decompression` of sources.
import { budgetLimitsNow, reserve, spend } from '../base/budget.ts';
import type { GatewayError } from '../base/errors/gateway-error.ts';
import { nodeZlib } from '../base/node-builtins.ts';
import { sizeText } from '../base/size-text.ts';

export const compressionNames = ['zlib', 'gzip', 'flate', 'zstd'] as const;
export type CompressionName = (typeof compressionNames)[number];

/** What is larger is packed at the fastest level: the usual one needs up to 300 ms for a megabyte of some texts. */
const FAST_FROM = 32 * 1024;
const FASTEST = 1;

const level = (d: Uint8Array): { level: number } | undefined => (d.length >= FAST_FROM ? { level: FASTEST } : undefined);

const packers: Record<CompressionName, (d: Uint8Array) => Uint8Array> = {
  zlib: (d) => nodeZlib().deflateSync(d, level(d)),
  gzip: (d) => nodeZlib().gzipSync(d, level(d)),
  flate: (d) => nodeZlib().deflateRawSync(d, level(d)),
  zstd: (d) => nodeZlib().zstdCompressSync(d),
};

interface Limits {
  maxOutputLength: number;
  chunkSize: number;
}

const unpackers: Record<CompressionName, (d: Uint8Array, limits: Limits) => Uint8Array> = {
  zlib: (d, limits) => nodeZlib().inflateSync(d, limits),
  gzip: (d, limits) => nodeZlib().gunzipSync(d, limits),
  flate: (d, limits) => nodeZlib().inflateRawSync(d, limits),
  zstd: (d, limits) => nodeZlib().zstdDecompressSync(d, limits),
};

export const isCompressionName = (name: string): name is CompressionName => Object.hasOwn(packers, name);

/** Bytes that a step packs or unpacks. */
const PACKED_PER_STEP = 2;
const UNPACKED_PER_STEP = 20;

/** @throws rowError BUDGET_EXCEEDED */
export function pack(name: CompressionName, data: Uint8Array): Uint8Array {
  spend(data.length / PACKED_PER_STEP);
  const out = packers[name](data);
  reserve(out.length);
  return out;
}

/** A result is held twice while it is put together, and unpacking takes time: a quarter of what a row may take, 16 MB. */
export const maxUnpackedBytes = (): number => budgetLimitsNow().maxBytes / 4;

/** @param maxBytes largest result: a small packet must not unpack to all memory
 *  @throws rowError BUDGET_EXCEEDED for a larger one; what zlib throws for bytes that are not of that compression */
export function unpack(
  name: CompressionName,
  data: Uint8Array,
  tooLarge: (problem: string) => GatewayError,
  maxBytes = maxUnpackedBytes(),
): Uint8Array {
  let out: Uint8Array;
  try {
    // a chunk is made whole at once: large ones for large results only
    out = unpackers[name](data, { maxOutputLength: maxBytes, chunkSize: data.length > 4096 ? 1024 * 1024 : 16 * 1024 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw error;
    throw tooLarge(
      `${sizeText(data.length)} unpack to more than ${sizeText(maxBytes)}, the limit for one row (a quarter of basic.rowBudget.maxBytes)`,
    );
  }
  reserve(out.length);
  spend(out.length / UNPACKED_PER_STEP);
  return out;
}

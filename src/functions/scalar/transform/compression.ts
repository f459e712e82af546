// The methods of compress() and decompress(). Not a function itself.
import {
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Expr } from '../../../contract/function.ts';
import { toBytes, toTextAlways } from '../../../data/cast.ts';
import { formatV } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

interface Method {
  compress(bytes: Uint8Array): Uint8Array;
  decompress(bytes: Uint8Array): Uint8Array;
}

/** Largest result of decompress, so that a small payload cannot take the gateway's memory. */
const MAX_BYTES = 64 * 1024 * 1024;
const limit = { maxOutputLength: MAX_BYTES };

const methods: Readonly<Record<string, Method>> = {
  zlib: { compress: (b) => deflateSync(b), decompress: (b) => inflateSync(b, limit) },
  gzip: { compress: (b) => gzipSync(b), decompress: (b) => gunzipSync(b, limit) },
  flate: { compress: (b) => deflateRawSync(b), decompress: (b) => inflateRawSync(b, limit) },
  zstd: { compress: (b) => zstdCompressSync(b), decompress: (b) => zstdDecompressSync(b, limit) },
};

/** The body of both functions. The method is fixed by the first row, as in eKuiper.
 *  @throws rowError for other values than text and bytes, an unknown or changed method, and bad data */
export function compileCompression(direction: keyof Method, value: Expr, methodName: Expr): Expr {
  let name: string | undefined;
  let method: Method | undefined;
  return (row) => {
    const v = value(row);
    if (v == null) return null;
    const bytes = bytesOf(v);
    const wanted = toTextAlways(methodName(row));
    method ??= methodNamed(wanted, direction);
    name ??= wanted;
    if (name !== wanted) throw rowError(`${direction} type must be consistent, previous ${name}, now ${wanted}`);
    try {
      return method[direction](bytes);
    } catch (error) {
      throw rowError(`failed to ${direction}: ${(error as Error).message}`);
    }
  };
}

function bytesOf(v: Value): Uint8Array {
  if (typeof v !== 'string' && !(v instanceof Uint8Array)) throw rowError(`require string or bytea parameter, but got ${formatV(v)}`);
  return toBytes(v, 'sameKind');
}

function methodNamed(name: string, direction: keyof Method): Method {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!method) throw rowError(`unsupported ${direction}or: ${name}`);
  return method;
}

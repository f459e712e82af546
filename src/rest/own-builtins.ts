// What checks of callers use of the language and of Node, taken when the gateway starts: before any plugin is loaded that could put something
// else in its place. A trusted plugin shares this process, so it must not be able to do so by accident or in passing; whoever has all rights
// of the gateway can still find other ways (docs/plugins/isolation.md). Used by credentials.ts and server.ts.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { nodeCrypto } from '../base/node-builtins.ts';
import { nodeHttp } from '../base/node-http.ts';

const { apply, getOwnPropertyDescriptor } = Reflect;
const { get: mapGet } = Map.prototype;
const { has: setHas } = Set.prototype;
const { trim, slice, indexOf, toLowerCase } = String.prototype;
const { toString: bytesToString } = Buffer.prototype;
const { from } = Buffer;

export const own = {
  parseJson: JSON.parse as (text: string) => unknown,
  mapGet: <K, V>(map: ReadonlyMap<K, V>, key: K): V | undefined => apply(mapGet, map, [key]) as V | undefined,
  setHas: <T>(set: ReadonlySet<T>, value: T): boolean => apply(setHas, set, [value]),
  trim: (text: string): string => apply(trim, text, []),
  slice: (text: string, from: number, to?: number): string => apply(slice, text, [from, to]),
  indexOf: (text: string, part: string, from: number): number => apply(indexOf, text, [part, from]),
  toLowerCase: (text: string): string => apply(toLowerCase, text, []),
  bytes: (text: string, encoding: BufferEncoding): Buffer => apply(from, Buffer, [text, encoding]) as Buffer,
  textOf: (bytes: Buffer): string => apply(bytesToString, bytes, ['utf8']),
} as const;

/** Of crypto, which is loaded only where somebody has credentials. */
export function ownCrypto() {
  const { hash, timingSafeEqual, verify } = nodeCrypto();
  return {
    sha256: (text: string): Buffer => hash('sha256', text, 'buffer') as Buffer,
    timingSafeEqual,
    verify,
  };
}

export type OwnCrypto = ReturnType<typeof ownCrypto>;

/** Reads headers of a request as Node made them. Called once, when the server opens. */
export function ownHeaders(): (request: IncomingMessage) => IncomingHttpHeaders {
  const get = getOwnPropertyDescriptor(nodeHttp().IncomingMessage.prototype, 'headers')?.get;
  return get ? (request) => apply(get, request, []) as IncomingHttpHeaders : (request) => request.headers;
}

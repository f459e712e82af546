// Formats: bytes to rows and back. One folder or file per format below src/codecs.
import type { Row } from '../data/value.ts';
import type { StreamSchema } from './schema.ts';

export interface CodecOptions {
  schema?: StreamSchema;
  schemaId?: string;
  delimiter?: string;
  hasHeader?: boolean;
  /** schemaless JSON: numbers without fraction become bigint */
  useInt64ForWholeNumber?: boolean;
  colAliasMapping?: Record<string, string>;
  /** Encoding JSON: what becomes of NaN and infinities. Default error. */
  nonFinite?: 'null' | 'error';
  /** Names of `fields` of a sink, for formats that need an order. */
  fields?: readonly string[];
  /** Of all encoders of the gateway. */
  last?: LastText;
  /** Reads a schema of the registry (protobuf). */
  schemas?: { read(type: string, id: string): string };
}

/** The row that was encoded last and its text: rules that give out the same object share it. Rows are never changed once they are given out. */
export interface LastText {
  row: unknown;
  text: string;
  /** What became of NaN and infinities in it. */
  nonFinite?: 'null' | 'error';
}

export interface Decoder {
  /** @returns one row or several  @throws rowError(…, 'DECODE_FAILED') */
  decode(payload: Uint8Array): Row | Row[];
  /** True: a small payload can become much, so each is decoded on a budget. */
  readonly grows?: boolean;
}

export interface Encoder {
  /** @param data one row or the list of rows of one result */
  encode(data: Row | Row[]): string | Uint8Array;
}

export interface CodecDefinition {
  kind: 'codec';
  name: string;
  createDecoder(options: CodecOptions): Decoder;
  createEncoder(options: CodecOptions): Encoder;
}

// Second decoding step of sources (payloadFormat …, connectors.md 0.1): a field of the message holds encoded data; what it decodes to joins
// the message's other fields. Put behind the stream's decoder by source-pool.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition, CodecOptions, Decoder } from '../../contract/codec.ts';
import { type Props, parseOptions } from '../../contract/props.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value } from '../../data/value.ts';
import { isStruct } from '../../data/value.ts';
import { payloadOptions } from './options.ts';

export interface PayloadProps {
  payloadFormat: string;
  payloadField: string;
  payloadBatchField: string;
  payloadSchemaId: string;
  payloadDelimiter: string;
}

/** @returns undefined when the stream has no second step  @throws GatewayError CONNECTOR_OPTION, Error when format or field is alone */
export function parsePayloadProps(raw: Props): PayloadProps | undefined {
  const props = parseOptions<PayloadProps>('source', payloadOptions, raw);
  if (!props.payloadFormat && !props.payloadField) return undefined;
  if (!props.payloadFormat || !props.payloadField) throw new Error('payloadFormat and payloadField belong together: set both');
  return props;
}

export function withPayload(first: Decoder, props: PayloadProps, codec: CodecDefinition, options: CodecOptions): Decoder {
  const inner = codec.createDecoder({
    ...options,
    ...(props.payloadSchemaId ? { schemaId: props.payloadSchemaId } : {}),
    ...(props.payloadDelimiter ? { delimiter: props.payloadDelimiter } : {}),
  });
  const { payloadField, payloadBatchField } = props;

  const decodeField = (holder: Row): Row | Row[] => inner.decode(bytesOf(holder[payloadField], payloadField));
  const single = (row: Row): Row | Row[] => {
    const { [payloadField]: _encoded, ...others } = row;
    const decoded = decodeField(row);
    return Array.isArray(decoded) ? decoded.map((d) => ({ ...others, ...d })) : { ...others, ...decoded };
  };
  const batch = (row: Row): Row => {
    const { [payloadBatchField]: list, ...others } = row;
    if (!Array.isArray(list)) throw rowError(`payload batch field ${payloadBatchField} is not array`, 'DECODE_FAILED');
    const out: Row = others;
    for (const element of list) {
      if (!isStruct(element)) throw rowError('unsupported payload received, must be a slice of maps', 'DECODE_FAILED');
      const { [payloadField]: _encoded, ...rest } = element;
      const decoded = decodeField(element);
      for (const part of [rest, ...(Array.isArray(decoded) ? decoded : [decoded])])
        for (const [name, value] of Object.entries(part)) setMember(out, name, value);
    }
    return out;
  };
  const one = payloadBatchField ? batch : single;
  return {
    grows: first.grows === true || inner.grows === true,
    decode(payload) {
      const rows = first.decode(payload);
      if (!Array.isArray(rows)) return one(rows);
      return rows.flatMap((row): Row[] => {
        const out = one(row);
        return Array.isArray(out) ? out : [out];
      });
    },
  };
}

function bytesOf(v: Value, field: string): Uint8Array {
  if (v instanceof Uint8Array) return v;
  if (typeof v === 'string') {
    // bytes in JSON are base64, here as for BYTEA fields; what cannot be base64 is the text itself
    return v.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(v) ? Buffer.from(v, 'base64') : Buffer.from(v);
  }
  throw rowError(v === undefined ? `payload field ${field} not found` : `payload field ${field} is not bytes`, 'DECODE_FAILED');
}

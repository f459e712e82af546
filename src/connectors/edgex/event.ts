// Messages of the EdgeX bus: an envelope with an event, or with a request that holds one, as JSON, base64 of JSON, or CBOR. Used by source.ts.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import { type Cbor, decodeCbor } from './cbor.ts';
import { readValue } from './values.ts';

export interface EventRow {
  row: Row;
  meta: Meta;
  /** Readings that were left out, with the reason. */
  left: string[];
}

type Members = { [name: string]: Cbor };

const refused = (why: string) => rowError(`no message of EdgeX: ${why}`, 'DECODE_FAILED');
const isMembers = (v: Cbor | undefined): v is Members =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array);
const textOf = (v: Cbor | undefined): string => (typeof v === 'string' ? v : '');
const originOf = (v: Cbor | undefined): bigint => (typeof v === 'bigint' ? v : BigInt(Math.trunc(Number(v ?? 0)) || 0));

/** JSON whose `origin`, a time in nanoseconds, keeps all its digits. @throws rowError DECODE_FAILED */
function parseJson(text: string): Cbor {
  try {
    return JSON.parse(text, (key, value: unknown, context?: { source?: string }) =>
      key === 'origin' && typeof value === 'number' && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context?.source ?? 0) : value,
    ) as Cbor;
  } catch (error) {
    throw refused(messageOf(error));
  }
}

/** @throws rowError DECODE_FAILED when it is no message, or one of the other type */
export function readEvent(message: Uint8Array, messageType: 'event' | 'request'): EventRow {
  const envelope = parseJson(Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString());
  if (!isMembers(envelope) || !('payload' in envelope)) throw refused('it has no payload');
  const payload = payloadOf(envelope);
  const event = messageType === 'request' ? payload['event'] : payload;
  if (!isMembers(event) || !Array.isArray(event['readings']))
    throw refused(
      isMembers(payload['event'])
        ? 'it is a request: set messageType to request'
        : messageType === 'request' && Array.isArray(payload['readings'])
          ? 'it is an event: set messageType to event'
          : 'it has no readings',
    );
  const row: Row = {};
  const meta: Record<string, Value> = {};
  const left: string[] = [];
  for (const reading of event['readings']) {
    const name = isMembers(reading) ? textOf(reading['resourceName']) : '';
    if (!isMembers(reading) || name === '') {
      left.push('a reading without a name');
      continue;
    }
    try {
      row[name] = valueIn(reading);
    } catch (error) {
      left.push(`${name}: ${messageOf(error)}`);
    }
    const mediaType = textOf(reading['mediaType']);
    meta[name] = {
      id: textOf(reading['id']),
      origin: originOf(reading['origin']),
      deviceName: textOf(reading['deviceName']),
      profileName: textOf(reading['profileName']),
      valueType: textOf(reading['valueType']),
      ...(mediaType === '' ? {} : { mediaType }),
    };
  }
  if (Object.keys(row).length === 0) throw refused(`it has no reading that can be read${left.length ? ` (${left.join('; ')})` : ''}`);
  for (const name of ['id', 'deviceName', 'profileName', 'sourceName']) meta[name] = textOf(event[name]);
  meta['origin'] = originOf(event['origin']);
  meta['tags'] = plain(event['tags'] ?? {});
  meta['correlationid'] = textOf(envelope['correlationID']);
  return { row, meta, left };
}

function payloadOf(envelope: Members): Members {
  const { payload } = envelope;
  let value: Cbor | undefined = payload;
  if (typeof payload === 'string') {
    const bytes = Buffer.from(payload, 'base64');
    value = textOf(envelope['contentType']) === 'application/cbor' ? decodeCbor(bytes) : parseJson(bytes.toString());
  }
  if (!isMembers(value)) throw refused('its payload is not an object');
  return value;
}

function valueIn(reading: Members): Value {
  const type = textOf(reading['valueType']);
  if (type === 'Object') return plain(reading['objectValue'] ?? null);
  if (type === 'Binary') {
    const bytes = reading['binaryValue'];
    return bytes instanceof Uint8Array ? bytes : Buffer.from(textOf(bytes), 'base64');
  }
  return readValue(textOf(reading['value']), type);
}

/** Numbers as JSON has them: whole ones of CBOR too, so that both forms of a message give the same row. */
function plain(value: Cbor): Value {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(plain);
  if (isMembers(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  return value;
}

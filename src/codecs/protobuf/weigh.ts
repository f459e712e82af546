// What a protobuf payload becomes, counted before it is decoded: two bytes can be a message of a hundred fields with defaults, so the size of the
// payload says little. Used by index.ts.
import protobuf from 'protobufjs';
import { checkNesting, reserve, spend } from '../../base/budget.ts';

const LENGTH_DELIMITED = 2;
const GROUP = 3;
const END_GROUP = 4;
/** A message is an object and a row of its own while it is decoded; missing fields get their default. */
const MESSAGE_BYTES = 128;
const FIELD_BYTES = 24;
const MESSAGE_STEPS = 8;
const FIELD_STEPS = 4;
/** Arrays hold 8 bytes per value; whole numbers are objects of 16. */
const VALUE_BYTES = 24;
const VALUE_STEPS = 3;
/** A key and its place in a hash table. */
const ENTRY_BYTES = 64;
const ENTRY_STEPS = 36;
/** Bytes of one value of a packed field that have a fixed width. */
const WIDTHS: Readonly<Record<string, number>> = { fixed32: 4, sfixed32: 4, float: 4, fixed64: 8, sfixed64: 8, double: 8 };

/** What is damaged is not told here: decoding says it.
 *  @throws rowError BUDGET_EXCEEDED when the payload becomes more than one row may be; RangeError where the payload ends too early */
export function weighMessage(type: protobuf.Type, payload: Uint8Array): void {
  const reader = protobuf.Reader.create(payload);
  weigh(type, reader, reader.len, 1);
}

function weigh(type: protobuf.Type, reader: protobuf.Reader, end: number, depth: number): void {
  checkNesting(depth);
  const fields = type.fieldsArray.length;
  reserve(MESSAGE_BYTES + FIELD_BYTES * fields);
  spend(MESSAGE_STEPS + FIELD_STEPS * fields);
  while (reader.pos < end) {
    const tag = reader.uint32();
    const wire = tag & 7;
    if (wire === END_GROUP) return;
    const field = type.fieldsById[tag >>> 3];
    const inner = field?.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined;
    if (field instanceof protobuf.MapField) {
      reserve(ENTRY_BYTES);
      spend(ENTRY_STEPS);
    } else {
      reserve(VALUE_BYTES);
      spend(VALUE_STEPS);
    }
    if (inner && wire === GROUP) {
      weigh(inner, reader, end, depth + 1);
      continue;
    }
    if (wire !== LENGTH_DELIMITED) {
      reader.skipType(wire);
      continue;
    }
    const length = reader.uint32();
    if (length > reader.len - reader.pos) return; // cut off: decoding says so
    if (inner && !(field instanceof protobuf.MapField)) {
      weigh(inner, reader, Math.min(reader.pos + length, end), depth + 1);
      continue;
    }
    if (inner) {
      weighEntry(inner, reader, Math.min(reader.pos + length, end), depth + 1);
      continue;
    }
    if (field?.repeated && field.type !== 'string' && field.type !== 'bytes') {
      const values = length / (WIDTHS[field.type] ?? 1);
      reserve(VALUE_BYTES * values);
      spend(VALUE_STEPS * values);
    }
    reader.skip(length);
  }
}

/** An entry of a map is a message of a key and a value. */
function weighEntry(value: protobuf.Type, reader: protobuf.Reader, end: number, depth: number): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag === ((2 << 3) | LENGTH_DELIMITED)) weigh(value, reader, endOf(reader, end), depth);
    else reader.skipType(tag & 7);
  }
}

function endOf(reader: protobuf.Reader, end: number): number {
  const length = reader.uint32();
  return Math.min(reader.pos + length, end);
}

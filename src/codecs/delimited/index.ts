// FORMAT="delimited": one line per row. Fields in double quotes may hold separators, quotes and line breaks (fields.ts). Decoding without declared
// names gives col0, col1, …, all of them texts; declared columns have their names in order, and their types.
// Encoding: a single row follows `fields` (no header line then), otherwise sorted names; a list always has sorted names (spec: recorded vectors).
import { reserveMembers } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition, CodecOptions, Decoder, Encoder } from '../../contract/codec.ts';
import { markBad } from '../../data/bad-fields.ts';
import { toTextAlways } from '../../data/cast.ts';
import { setMember } from '../../data/set-member.ts';
import type { Row, Value, ValueObject } from '../../data/value.ts';
import { fieldOf, splitFields } from './fields.ts';
import { typedField } from './typed.ts';

/** Most columns of a line without declared names: each is a name of its own in the row. */
const MAX_COLUMNS = 10_000;

const tooManyColumns = (n: number) =>
  rowError(`a line of ${n} columns: without declared fields a line has at most ${MAX_COLUMNS}`, 'DECODE_FAILED');

function createDecoder(options: CodecOptions): Decoder {
  const delimiter = options.delimiter || ',';
  const names = options.fields ?? [];
  const types = new Map((options.schema ?? []).map((f) => [f.name, f.type]));
  return {
    decode(payload) {
      const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
        .toString()
        .replace(/\r?\n$/, '');
      const tokens = splitFields(text, delimiter);
      if (names.length === 0) {
        if (tokens.length > MAX_COLUMNS) throw tooManyColumns(tokens.length);
        reserveMembers(tokens.length);
      }
      const row: ValueObject = {};
      tokens.forEach((token, i) => {
        const name = names.length === 0 ? `col${i}` : names[i];
        if (name === undefined) return;
        const type = types.get(name);
        try {
          setMember(row, name, type ? typedField(token, type, name) : token);
        } catch (error) {
          // costs those who read it
          markBad(row, name, error, true);
        }
      });
      return row;
    },
  };
}

function createEncoder(options: CodecOptions): Encoder {
  const delimiter = options.delimiter || ',';
  const fields = options.fields ?? [];
  let headerDue = options.hasHeader === true && fields.length === 0;
  let columns: readonly string[] = fields;
  const field = (v: Value): string => {
    if (options.nonFinite === 'null' && typeof v === 'number' && !Number.isFinite(v)) return '';
    return fieldOf(toTextAlways(v), delimiter);
  };
  const line = (row: Row, names: readonly string[]) => names.map((n) => field(row[n])).join(delimiter);
  const header = (names: readonly string[]) => names.map((n) => fieldOf(n, delimiter)).join(delimiter);
  return {
    encode(data) {
      if (Array.isArray(data)) {
        const names = data.length ? Object.keys(data[0]!).sort() : [];
        const lines = data.map((row) => line(row, names));
        if (options.hasHeader && names.length) lines.unshift(header(names));
        return lines.join('\n');
      }
      // the columns of the first row stay, so that all lines of a file agree
      if (columns.length === 0) columns = Object.keys(data).sort();
      if (headerDue && columns.length) {
        headerDue = false;
        return `${header(columns)}\n${line(data, columns)}`;
      }
      return line(data, columns);
    },
  };
}

export default { kind: 'codec', name: 'delimited', createDecoder, createEncoder } satisfies CodecDefinition;

// FORMAT="delimited": one line per row. Decoding without declared names gives col0, col1, …; all values are texts.
// Encoding: a single row follows `fields` (no header line then), otherwise sorted names; a list always has sorted names (spec: recorded vectors).
import { reserveMembers } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition, CodecOptions, Decoder, Encoder } from '../../contract/codec.ts';
import { toTextAlways } from '../../data/cast.ts';
import { setMember } from '../../data/set-member.ts';
import { splitText } from '../../data/text-search.ts';
import type { Row, ValueObject } from '../../data/value.ts';

/** Most columns of a line without declared names: each is a name of its own in the row. */
const MAX_COLUMNS = 10_000;

const tooManyColumns = (n: number) =>
  rowError(`a line of ${n} columns: without declared fields a line has at most ${MAX_COLUMNS}`, 'DECODE_FAILED');

function createDecoder(options: CodecOptions): Decoder {
  const delimiter = options.delimiter || ',';
  const names = options.fields ?? [];
  return {
    decode(payload) {
      const text = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)
        .toString()
        .replace(/\r?\n$/, '');
      const tokens = splitText(text, delimiter);
      if (names.length === 0) {
        if (tokens.length > MAX_COLUMNS) throw tooManyColumns(tokens.length);
        reserveMembers(tokens.length);
      }
      const row: ValueObject = {};
      tokens.forEach((token, i) => {
        const name = names.length === 0 ? `col${i}` : names[i];
        if (name !== undefined) setMember(row, name, token);
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
  const line = (row: Row, names: readonly string[]) => names.map((n) => toTextAlways(row[n])).join(delimiter);
  return {
    encode(data) {
      if (Array.isArray(data)) {
        const names = data.length ? Object.keys(data[0]!).sort() : [];
        const lines = data.map((row) => line(row, names));
        if (options.hasHeader && names.length) lines.unshift(names.join(delimiter));
        return lines.join('\n');
      }
      // the columns of the first row stay, so that all lines of a file agree
      if (columns.length === 0) columns = Object.keys(data).sort();
      if (headerDue && columns.length) {
        headerDue = false;
        return `${columns.join(delimiter)}\n${line(data, columns)}`;
      }
      return line(data, columns);
    },
  };
}

export default { kind: 'codec', name: 'delimited', createDecoder, createEncoder } satisfies CodecDefinition;

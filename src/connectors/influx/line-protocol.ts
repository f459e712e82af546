// One row as a line of InfluxDB's line protocol: `measurement,tag=value field=1i,other="text" 1700000000000000000`. Used by sink.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import { encodeJson } from '../../codecs/json/encode.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { isDateTime, type Value } from '../../data/value.ts';

const INT64 = 1n << 63n;

/** @param tags in their order; empty values are left out, since the protocol has none  @param fields null and absent ones are left out
 *  @param timestamp a whole number in the unit of the request
 *  @throws rowError for a row without a field, and for what the protocol cannot write */
export function writeLine(
  measurement: string,
  tags: Iterable<readonly [string, string]>,
  fields: Iterable<readonly [string, Value]>,
  timestamp: bigint,
): string {
  let line = escapeName(measurement, 'measurement', /[, ]/g);
  for (const [name, value] of tags)
    if (value !== '') line += `,${escapeName(name, 'tag', /[,= ]/g)}=${escapeName(value, `tag ${name}`, /[,= ]/g)}`;
  let first = true;
  for (const [name, value] of fields) {
    const text = fieldText(name, value);
    if (text === undefined) continue;
    line += `${first ? ' ' : ','}${escapeName(name, 'field', /[,= ]/g)}=${text}`;
    first = false;
  }
  if (first) throw rowError('a row without a column that has a value makes no line', 'VALUE_REFUSED');
  return `${line} ${timestamp}`;
}

/** @source InfluxDB line protocol, special characters: names and tag values have escapes for these, and none for a backslash or a line break */
function escapeName(text: string, what: string, special: RegExp): string {
  if (text === '') throw rowError(`${what}: an empty name cannot be written`, 'VALUE_REFUSED');
  if (/[\n\r]/.test(text)) throw rowError(`${what} "${text}": a line break cannot be written`, 'VALUE_REFUSED');
  if (/\\(?:[,= \\]|$)/.test(text))
    throw rowError(
      `${what} "${text}": a backslash before a comma, an equals sign, a space, a backslash or the end cannot be written`,
      'VALUE_REFUSED',
    );
  return text.replace(special, '\\$&');
}

/** @returns undefined for what is left out */
function fieldText(name: string, value: Value): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return undefined;
    case 'number':
      if (!Number.isFinite(value)) throw rowError(`field ${name}: ${value} cannot be written`, 'VALUE_REFUSED');
      return String(value);
    case 'bigint':
      if (value >= INT64 || value < -INT64) throw rowError(`field ${name}: ${value} is no int64`, 'VALUE_REFUSED');
      return `${value}i`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'string':
      return quoted(value);
    default:
      if (value === null) return undefined;
      if (value instanceof Uint8Array) return quoted(Buffer.from(value).toString('base64'));
      return quoted(isDateTime(value) ? formatRfc3339(value) : encodeJson(value));
  }
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

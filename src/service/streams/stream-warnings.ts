// What of a CREATE statement will have no effect, or will have every rule refused that reads the stream: eKuiper takes such statements, so do we,
// and say so. Called by the stream service when a stream or table is made or replaced.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { didYouMean } from '../../sql/suggest.ts';
import { optionOf, type SourceDefinition } from './definition.ts';

/** @param names of sources that there are  @param validate asks the connector */
export async function streamWarnings(
  definition: SourceDefinition,
  names: readonly string[],
  validate: () => Promise<readonly string[]>,
): Promise<string[]> {
  const { kind, name, type } = definition;
  const found = idleOptions(definition);
  if (!names.includes(type)) {
    const near = didYouMean(type, names);
    return [...found, `There is no source of type "${type}": rules that read ${kind} ${name} will be refused${near ? `; ${near}` : '.'}`];
  }
  try {
    return [...found, ...(await validate())];
  } catch (error) {
    return [...found, `Rules that read ${kind} ${name} will be refused: ${messageOf(error)}`];
  }
}

/** Options of WITH and of columns that do nothing where they stand. */
export function idleOptions(d: SourceDefinition): string[] {
  const found: string[] = [];
  const idle = (option: Parameters<typeof optionOf>[1], why: string) => {
    if (optionOf(d, option) !== undefined) found.push(`Option ${option} of ${d.kind} ${d.name} has no effect: ${why}.`);
  };
  const isStream = d.kind === 'stream';
  if (isStream) idle('KIND', 'it is for tables');
  if (!d.lookup) idle('KEY', 'it is for lookup tables (KIND="lookup")');
  if (isStream || d.lookup) idle('RETAIN_SIZE', 'it is for tables that keep what they read (KIND="scan")');
  if (d.lookup) idle('SHARED', 'rules that join a lookup table always share it');
  if (d.lookup) idle('TIMESTAMP', 'a lookup table is asked for rows when they are needed');
  if (optionOf(d, 'TIMESTAMP') === undefined) idle('TIMESTAMP_FORMAT', 'there is no TIMESTAMP');
  if (d.format !== 'delimited' && d.type !== 'file') idle('DELIMITER', `it is for FORMAT="delimited", not ${d.format}`);
  if (d.format !== 'protobuf') idle('SCHEMAID', `FORMAT="${d.format}" has no schema`);
  const fields = d.statement.fields as readonly { name: string; default?: unknown; type?: { kind: string } }[];
  const names = fields.map((f) => f.name);
  for (const name of new Set(names.filter((n, i) => names.indexOf(n) !== i)))
    found.push(`Column ${name} of ${d.kind} ${d.name} is declared more than once.`);
  const timestamp = optionOf(d, 'TIMESTAMP');
  // an expression or a path is looked at when a rule is made
  if (fields.length > 0 && timestamp !== undefined && /^[A-Za-z_]\w*$/.test(timestamp) && !names.includes(timestamp)) {
    const near = didYouMean(timestamp, names);
    found.push(`TIMESTAMP of ${d.kind} ${d.name} names column ${timestamp}, which is not declared${near ? `; ${near}` : ''}.`);
  }
  const stamp = fields.find((f) => f.name === timestamp)?.type?.kind;
  if (stamp !== undefined && ['boolean', 'struct', 'array'].includes(stamp))
    found.push(
      `TIMESTAMP of ${d.kind} ${d.name}: column ${timestamp} is declared ${stamp.toUpperCase()}, which holds no time; a BIGINT (ms), STRING or DATETIME does.`,
    );
  const format = optionOf(d, 'TIMESTAMP_FORMAT');
  if (timestamp !== undefined && typeof format === 'string' && !/[yMdHhms]{2}/i.test(format))
    found.push(`TIMESTAMP_FORMAT of ${d.kind} ${d.name}: "${format}" names no part of a time; write such as yyyy-MM-dd HH:mm:ss.`);
  const retained = optionOf(d, 'RETAIN_SIZE');
  if (retained !== undefined && Number(retained) < 0)
    found.push(`RETAIN_SIZE of ${d.kind} ${d.name} is ${retained}: it is a number of rows, 0 or more.`);
  const strict = optionOf(d, 'STRICT_VALIDATION') === true;
  if (strict && fields.length === 0) idle('STRICT_VALIDATION', 'no columns are declared');
  if (!strict)
    for (const f of fields)
      if (f.default !== undefined)
        found.push(`DEFAULT of column ${f.name} of ${d.kind} ${d.name} has no effect without STRICT_VALIDATION="TRUE".`);
  return found;
}

// WITH (NAME="value", ...). Values are double-quoted strings or TRUE/FALSE; commas are optional. Called by ddl.ts.
import type { Span, StreamOptionName, StreamOptions } from '../ast.ts';
import { suggest } from '../suggest.ts';
import type { Token } from '../tokens.ts';
import type { Reader } from './reader.ts';

/** In eKuiper's order, which its message shows. */
export const optionNames: readonly StreamOptionName[] = [
  'DATASOURCE',
  'FORMAT',
  'KEY',
  'CONF_KEY',
  'SHARED',
  'STRICT_VALIDATION',
  'TYPE',
  'TIMESTAMP',
  'TIMESTAMP_FORMAT',
  'RETAIN_SIZE',
  'SCHEMAID',
  'EXTRA',
  'VERSION',
  'TEMP',
  'KIND',
  'DELIMITER',
];

/** From `(` to `)`. */
export function parseOptions(r: Reader): StreamOptions {
  r.expect('(', 'expect stream options.');
  const options: Record<string, { value: string | boolean | number; span: Span; nameSpan: Span }> = {};
  while (r.accept(')') === undefined) {
    if (r.accept(',') !== undefined) continue;
    const nameToken = r.peek();
    const name = nameToken.text.toUpperCase() as StreamOptionName;
    if (nameToken.type !== 'name' || !optionNames.includes(name)) failOption(r, nameToken);
    r.take();
    r.expect('=', 'expect equals(=) in options.');
    const token = r.peek();
    if (!['string', 'TRUE', 'FALSE'].includes(token.type)) {
      const hint = token.type === 'end' ? undefined : `write ${name}="${token.text}"`;
      throw r.error('SQL_OPTION', `found ${JSON.stringify(token.text)}, expect string or boolean value in option.`, undefined, hint);
    }
    r.take();
    options[name] = { value: convert(r, name, token), span: token.span, nameSpan: nameToken.span };
  }
  const parsed = options as StreamOptions;
  if (parsed.KIND?.value === 'lookup' && parsed.TYPE?.value === 'memory' && !parsed.KEY?.value)
    throw r.error('SQL_OPTION', 'Option "key" is required for memory lookup table.', parsed.KIND.span, 'add KEY="field"');
  return parsed;
}

function failOption(r: Reader, token: Token): never {
  const meant = token.type === 'name' ? suggest(token.text, optionNames) : undefined;
  const text = `found ${JSON.stringify(token.text.toUpperCase())}, unknown option keys(${optionNames.join('|')}).`;
  throw r.error('SQL_OPTION', text, undefined, meant && `did you mean ${meant}?`);
}

function convert(r: Reader, name: StreamOptionName, token: Token): string | boolean | number {
  const text = token.text;
  switch (name) {
    case 'STRICT_VALIDATION':
    case 'SHARED':
    case 'TEMP': {
      const upper = text.toUpperCase();
      if (upper !== 'TRUE' && upper !== 'FALSE')
        throw r.error('SQL_OPTION', `found ${JSON.stringify(text)}, expect TRUE/FALSE value in ${name} option.`, token.span);
      return upper === 'TRUE';
    }
    case 'RETAIN_SIZE':
      if (!/^[+-]?\d{1,15}$/.test(text))
        throw r.error('SQL_OPTION', `found ${JSON.stringify(text)}, expect number value in ${name} option.`, token.span);
      return Number(text);
    case 'KIND':
    case 'VERSION':
      return text.toLowerCase();
    case 'EXTRA':
      try {
        JSON.parse(text);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        throw r.error('SQL_OPTION', 'invalid extra option, expect JSON string', token.span, why);
      }
      return text;
    default:
      return text;
  }
}

// What the YAML parser says -> plain words with a cure. Called by read-parts.ts.
import type { YAMLError } from 'yaml';

const WORDS: Partial<Record<YAMLError['code'], string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'there is a second ": " in the line. Put the value into quotes, or begin a new line',
  BLOCK_IN_FLOW: 'there is a second ": " inside of { }. Put the value into quotes',
  BAD_SCALAR_START: 'a value cannot begin with this sign. Put it into quotes',
  BAD_DQ_ESCAPE: 'inside of "…" a backslash has a meaning. Write it twice (\\\\), or use single quotes',
  DUPLICATE_KEY: 'this name stands twice. Leave one of them',
  TAB_AS_INDENT: 'the line begins with a tab; YAML takes blanks only',
  BAD_INDENT: 'the line does not begin below the one that it belongs to. Use the same number of blanks for all names of one part',
  MULTILINE_IMPLICIT_KEY: 'expected "name: value" with a blank behind the colon',
  MULTIPLE_DOCS: 'a line "---" begins another document. Remove it',
  UNEXPECTED_TOKEN: 'something stands behind the end of the value. Put the whole value into quotes',
  BAD_ALIAS: 'a value cannot begin with this sign. Put it into quotes',
  BAD_DIRECTIVE: 'a line cannot begin with %. Put the value into quotes',
  BAD_PROP_ORDER: 'a value cannot begin with & or !. Put it into quotes',
  MULTIPLE_ANCHORS: 'a value cannot begin with &. Put it into quotes',
  MULTIPLE_TAGS: 'a value cannot begin with !. Put it into quotes',
  KEY_OVER_1024_CHARS: 'the name is too long; expected "name: value"',
};

/** @param source the text that the error belongs to */
export function wordsOf(error: YAMLError, source: string): string {
  const { code, message } = error;
  if (code === 'MISSING_CHAR' && /quote/.test(message))
    return 'a quote (" or \') is opened and not closed. Add the second one at the end of the value';
  if (code === 'MISSING_CHAR' && /implicit map keys?/i.test(message))
    return 'expected "name: value"; there is no colon with a blank behind it';
  if (/Flow (map|sequence)/.test(message)) {
    const [open, close] = /Flow map/.test(message) ? ['{', '}'] : ['[', ']'];
    return `a ${open} is opened and not closed. Add the ${close}`;
  }
  if (code === 'UNEXPECTED_TOKEN' && /block-seq-ind/.test(message)) return 'a list begins in its own line. Put "- " into the next line';
  if (code === 'UNEXPECTED_TOKEN' && /^\s*-/.test(source)) return 'expected "name: value", not a list';
  return WORDS[code] ?? `this is not YAML here (${message.split('\n')[0]}). Put the value into quotes`;
}

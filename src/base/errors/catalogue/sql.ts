// Error codes of the area: sql. `text` is eKuiper's own wording (it varies, so the place that throws gives it); the caret line and
// the hint follow after a line break.
import type { CatalogueEntry } from './index.ts';

export const sqlErrors = {
  SQL_SYNTAX: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'The caret shows where the statement stopped making sense and what was expected there.',
  },
  SQL_NOT_SELECT: { text: '{text}', ekuiperCode: 2001, cure: 'A rule needs exactly one SELECT statement.' },
  SQL_BAD_LITERAL: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Correct the number or string: unknown escape, no closing quote, or not a number.',
  },
  SQL_TOO_COMPLEX: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'The statement is longer or more deeply nested than the gateway takes. Split the expression with aliases, or use IN.',
  },
  SQL_CASE: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'CASE needs WHEN … THEN … END; without a value each WHEN must be a comparison or a logic expression.',
  },
  SQL_WINDOW: { text: '{text}', ekuiperCode: 2001, cure: 'Give the window the arguments that the message names, as plain integers.' },
  SQL_OVER: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Analytic functions take OVER (PARTITION BY … WHEN …), window functions OVER (PARTITION BY … ORDER BY …), others none.',
  },
  SQL_LIMIT: { text: '{text}', ekuiperCode: 2001, cure: 'LIMIT takes one plain integer.' },
  SQL_NAME: { text: '{text}', ekuiperCode: 2001, cure: 'Names of streams and tables consist of letters, digits, _ and -.' },
  SQL_FIELD_TYPE: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Use one of BIGINT, FLOAT, STRING, DATETIME, BOOLEAN, BYTEA, ARRAY(type), STRUCT(name type, …).',
  },
  SQL_DEFAULT: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'DEFAULT takes one literal of the type of the field: BIGINT, FLOAT, STRING or BOOLEAN.',
  },
  SQL_OPTION: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Write options as NAME="value"; the message lists the names, the caret shows the wrong one.',
  },
  SQL_FORMAT: { text: '{text}', ekuiperCode: 2001, cure: 'Choose a FORMAT that is installed and fits the declared fields.' },
  SQL_AFTER_SEMICOLON: { text: '{text}', ekuiperCode: 2001, cure: 'A rule has one statement: remove what stands behind its semicolon.' },
  SQL_SECOND_WINDOW: { text: '{text}', ekuiperCode: 2001, cure: 'A statement has one window: remove the others from GROUP BY.' },
  SQL_COLUMN_UNSEEN: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Check the spelling of the column and what the sender writes; a column that comes seldom needs no change.',
  },
  SQL_UNFORMATTED: {
    text: 'the statement cannot be formatted without changing what it says; it was left as it is',
    ekuiperCode: 2001,
    cure: 'This is a fault of the formatter: please report the statement.',
  },
  SQL_UNKNOWN_FUNCTION: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'No built-in or plugin function has this name, or not at this place. Names of plugin functions are case-sensitive.',
  },
  SQL_AGGREGATE_PLACE: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Aggregates belong in the select list and in HAVING, and cannot be nested.',
  },
  SQL_TABLE_FUNCTION_PLACE: { text: '{text}', ekuiperCode: 2001, cure: 'One set-returning function per SELECT, as a field of its own.' },
  SQL_WINDOW_FUNCTION_PLACE: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Window functions such as row_number() belong in the select list only.',
  },
  SQL_SLICE: { text: '{text}', ekuiperCode: 2101, cure: 'The end of a slice is exclusive; write a[i] for one element.' },
} as const satisfies Record<string, CatalogueEntry>;

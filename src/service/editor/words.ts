// What editors are told of words that are no functions: clauses, windows, units, types, options of streams. The parser decides what they mean;
// here is only what a person reads. A test compares the lists with the parser's.
import type { StreamOptionName } from '../../sql/index.ts';

export interface Word {
  readonly name: string;
  readonly doc: string;
  /** How it is used. */
  readonly usage?: string;
}

const word = (name: string, doc: string, usage?: string): Word => ({ name, doc, ...(usage === undefined ? {} : { usage }) });

/** Words that may begin a clause or stand in an expression, in the order of a statement. */
export const clauseWords: readonly Word[] = [
  word('SELECT', 'What a result has: columns, expressions, `*`.', 'SELECT a, b * 2 AS c FROM demo'),
  word('FROM', 'The stream that is read.', 'FROM demo AS d'),
  word(
    'INNER JOIN',
    'Rows of both sides that belong together, in a window.',
    'FROM a INNER JOIN b ON a.id = b.id GROUP BY TUMBLINGWINDOW(ss, 10)',
  ),
  word('LEFT JOIN', 'All rows of the left side; without a partner the right side is null.', 'FROM a LEFT JOIN b ON a.id = b.id'),
  word('RIGHT JOIN', 'All rows of the right side.'),
  word('FULL JOIN', 'All rows of both sides.'),
  word('CROSS JOIN', 'Every row with every row.'),
  word('ON', 'When rows of a join belong together.'),
  word('WHERE', 'Which rows count.', 'WHERE temperature > 60 AND device = "a"'),
  word('GROUP BY', 'A window, and what groups the rows in it.', 'GROUP BY device, TUMBLINGWINDOW(ss, 10)'),
  word('HAVING', 'Which groups count.', 'HAVING count(*) > 3'),
  word('ORDER BY', 'The order of the rows of a window.', 'ORDER BY temperature DESC'),
  word('LIMIT', 'At most so many rows of a window.', 'LIMIT 5'),
  word('AS', 'Names an expression or a stream.'),
  word('AND', 'True when both sides are.'),
  word('OR', 'True when one side is.'),
  word('NOT', 'The opposite.'),
  word('IN', 'Is it among these.', 'device IN ("a", "b")'),
  word('BETWEEN', 'From … to …, both included.', 'a BETWEEN 1 AND 5'),
  word('LIKE', 'Text by pattern: % for anything, _ for one character.', 'name LIKE "pump%"'),
  word('CASE', 'The first branch whose condition is true.', 'CASE WHEN a > 5 THEN "high" ELSE "low" END'),
  word('WHEN', 'A branch of CASE, or the condition of OVER.'),
  word('THEN', 'The value of a branch.'),
  word('ELSE', 'The value when no branch is taken.'),
  word('END', 'The end of CASE.'),
  word('FILTER', 'Which rows enter the window.', 'TUMBLINGWINDOW(ss, 10) FILTER (WHERE a > 1)'),
  word('OVER', 'Partition and condition of an analytic function or a window.', 'lag(a) OVER (PARTITION BY device WHEN a > 0)'),
  word('PARTITION BY', 'State of its own for each value.', 'OVER (PARTITION BY device)'),
  word('EXCEPT', 'Leaves columns of `*` out.', 'SELECT * EXCEPT (password)'),
  word('REPLACE', 'Puts an expression in the place of a column of `*`.', 'SELECT * REPLACE (a * 2 AS a)'),
  word(
    'WITH',
    'Steps of one rule: each name is a SELECT that those behind it read.',
    'WITH hot AS (SELECT * FROM demo WHERE t > 60) SELECT d FROM hot',
  ),
  word('UNION ALL', 'The rows of both SELECTs.', 'SELECT a FROM x UNION ALL SELECT a FROM y'),
  word('QUALIFY', 'Which rows count, by results of analytic and window functions.', 'SELECT a, lag(a) AS b FROM demo QUALIFY b < a'),
  word('IS NULL', 'It is null or absent.', 'WHERE a IS NULL'),
  word('IS NOT NULL', 'It is there.', 'WHERE a IS NOT NULL'),
  word('DISTINCT', 'Each row, or each value, once.', 'SELECT DISTINCT a FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)'),
  word('INTERVAL', 'A length of time.', 'ts + INTERVAL 10 MINUTE'),
  word('CROSS JOIN UNNEST', 'A row for each element of a list.', 'SELECT x.v FROM demo CROSS JOIN UNNEST(list) AS x'),
  word('ASOF JOIN', 'The newest row of the other side that there is, in event time.', 'FROM a ASOF JOIN b ON a.id = b.id'),
  word('INVISIBLE', 'The column is computed and not sent.', 'SELECT a * 2 AS b INVISIBLE, b + 1 AS c'),
  word('ASC', 'Smallest first.'),
  word('DESC', 'Largest first.'),
  word('DEFAULT', 'The value of a column that is missing.'),
  word('TRUE', 'The truth value.'),
  word('FALSE', 'The truth value.'),
];

export const windowWords: readonly Word[] = [
  word('TUMBLINGWINDOW', 'Windows one after the other, all of one length.', 'TUMBLINGWINDOW(ss, 10)'),
  word('HOPPINGWINDOW', 'Windows of a length that begin at every hop.', 'HOPPINGWINDOW(ss, 10, 5)'),
  word('SLIDINGWINDOW', 'For each row the time before it, and with a third argument some time after.', 'SLIDINGWINDOW(ss, 10)'),
  word('SESSIONWINDOW', 'Rows until nothing came for the time-out; never longer than the length.', 'SESSIONWINDOW(mi, 5, 1)'),
  word('COUNTWINDOW', 'So many rows; with a second argument every so many.', 'COUNTWINDOW(10)'),
  word('STATEWINDOW', 'Rows between a begin and an end.', 'STATEWINDOW(a > 5, a < 3)'),
];

export const unitWords: readonly Word[] = [
  word('ms', 'milliseconds'),
  word('ss', 'seconds'),
  word('mi', 'minutes'),
  word('hh', 'hours'),
  word('dd', 'days of the calendar'),
  word('week', 'weeks of the calendar'),
  word('month', 'months of the calendar'),
  word('quarter', 'quarters of the calendar'),
  word('year', 'years of the calendar'),
];

export const typeWords: readonly Word[] = [
  word('BIGINT', 'Whole number of 64 bits.'),
  word('FLOAT', 'Number with fractions.'),
  word('STRING', 'Text.'),
  word('BOOLEAN', 'TRUE or FALSE.'),
  word('DATETIME', 'A moment.'),
  word('BYTEA', 'Bytes.'),
  word('ARRAY', 'A list of one type.', 'ARRAY(FLOAT)'),
  word('STRUCT', 'An object.', 'STRUCT(x FLOAT, y FLOAT)'),
];

export const statementWords: readonly Word[] = [
  word('CREATE STREAM', 'Names a source of messages.', 'CREATE STREAM demo () WITH (DATASOURCE="demo", FORMAT="json")'),
  word(
    'CREATE TABLE',
    'Names a table: the last rows of a source, or one that is looked up.',
    'CREATE TABLE t () WITH (DATASOURCE="t", TYPE="memory")',
  ),
  word('SHOW STREAMS', 'Names of all streams.'),
  word('SHOW TABLES', 'Names of all tables.'),
  word('DESCRIBE STREAM', 'Columns and options of a stream.'),
  word('DESCRIBE TABLE', 'Columns and options of a table.'),
  word('DROP STREAM', 'Removes a stream.'),
  word('DROP TABLE', 'Removes a table.'),
];

/** Metadata of an MQTT message, and what every source gives. */
export const metaWords: readonly Word[] = [
  word('topic', 'MQTT: the topic of the message.'),
  word('qos', 'MQTT: quality of service of the message.'),
  word('messageId', 'MQTT: number of the message.'),
  word('retained', 'MQTT: the broker had kept the message.'),
];

const optionDocs: Readonly<Record<StreamOptionName, string>> = {
  DATASOURCE: 'Where it reads: a topic, a path, an address.',
  FORMAT: 'How messages are written, json when absent.',
  KEY: 'Key column of a lookup table.',
  CONF_KEY: 'Name of the stored properties of the connector.',
  SHARED: 'All rules read one instance.',
  STRICT_VALIDATION: 'Rows must have the declared columns.',
  TYPE: 'Connector, mqtt when absent.',
  TIMESTAMP: 'Column, path or expression with the time of the event.',
  TIMESTAMP_FORMAT: 'How that time is written.',
  RETAIN_SIZE: 'Rows that a table keeps.',
  SCHEMAID: 'Schema of the format: file and message.',
  EXTRA: 'Further properties as JSON.',
  VERSION: 'A replacement must not have a lower one.',
  TEMP: 'It is not stored.',
  KIND: 'scan, or lookup.',
  DELIMITER: 'What separates columns of format delimited.',
};

export const optionWords: readonly Word[] = Object.entries(optionDocs).map(([name, doc]) => word(name, doc));

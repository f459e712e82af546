// A statement of a user over the historian: one SELECT of SQLite on a connection that only reads, within limits of rows and time. Made by index.ts.
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { QueryAnswer } from '../contract/history.ts';
import { setMember } from '../data/set-member.ts';
import type { Row, Value, ValueObject } from '../data/value.ts';
import { openReader } from './reader.ts';

const MAX_ROWS = 10_000;
const TIMEOUT_MS = 10_000;
const MAX_SQL = 20_000;

const refuse = (text: string) => new GatewayError('HISTORY_QUERY', { text });
const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** @throws GatewayError HISTORY_QUERY */
export async function runQuery(
  path: string,
  sql: string,
  { maxRows = MAX_ROWS, timeoutMs = TIMEOUT_MS }: { maxRows?: number; timeoutMs?: number } = {},
): Promise<QueryAnswer> {
  const select = oneSelect(sql);
  const reader = await openReader(path);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.interrupt();
  }, timeoutMs);
  try {
    // a view takes a SELECT and nothing else, and tells its columns without running it
    await reader.all(`CREATE TEMP VIEW asked AS ${select}`);
    const columns = (await reader.all<{ name: string }>("SELECT name FROM pragma_table_info('asked', 'temp')")).map((c) => c.name);
    const digits = columns.map((c, i) => `CASE typeof(${quote(c)}) WHEN 'integer' THEN CAST(${quote(c)} AS TEXT) END AS "\u0001${i}"`);
    const rows = await reader.all<Record<string, unknown>>(`SELECT *, ${digits.join(', ')} FROM asked LIMIT ${maxRows + 1}`);
    return { columns, rows: rows.slice(0, maxRows).map((r) => rowOf(columns, r)), truncated: rows.length > maxRows };
  } catch (error) {
    const text = messageOf(error).replace(/^.*?SQLITE_\w+: /, '');
    throw refuse(late ? `the query took longer than ${timeoutMs} ms; ask for a shorter span, or history_minutes or history_hours` : text);
  } finally {
    clearTimeout(timer);
    await reader.close();
  }
}

function rowOf(columns: readonly string[], r: Record<string, unknown>): Row {
  const out: ValueObject = {};
  columns.forEach((c, i) => {
    const digits = r[`\u0001${i}`];
    const v = r[c];
    setMember(
      out,
      c,
      typeof digits === 'string' ? BigInt(digits) : v instanceof Uint8Array ? Buffer.from(v).toString('base64') : (v as Value),
    );
  });
  return out;
}

/** @returns the statement without a semicolon at its end  @throws GatewayError HISTORY_QUERY when it is none, or more than one */
function oneSelect(sql: string): string {
  if (sql.length > MAX_SQL) throw refuse(`the statement is longer than ${MAX_SQL} characters`);
  if (sql.includes('\0')) throw refuse('a statement cannot hold the character NUL');
  let end = -1;
  // texts, names and comments may hold semicolons
  const parts = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|;|[^;'"`[\-/]+|[\s\S]/g;
  for (const { 0: part, index } of sql.matchAll(parts)) {
    const blank = part.startsWith('--') || part.startsWith('/*') || /^\s*$/.test(part);
    if (end < 0) {
      if (part === ';') end = index;
    } else if (!blank && part !== ';') throw refuse(`one statement at a time: another begins with "${part.trim().slice(0, 20)}"`);
  }
  const text = end < 0 ? sql : sql.slice(0, end);
  if (!/^\s*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(select|with|values)\b/i.test(text)) throw refuse('only SELECT is possible');
  return text;
}

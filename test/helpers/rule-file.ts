// Files of one rule: SQL, rows in, rows out. Run four ways, optimiser on and off, row by row and all at once, which must agree.
//
//   # what it shows
//   stream demo (a BIGINT, s STRING)          one line per source; `stream demo` is schemaless; `timestamp ts` may follow
//   options {"isEventTime": true}             optional, plan options
//   SELECT a FROM demo WHERE a > 1            until the next ---
//   --- in
//   {"a": 1}                                  a row of the first stream
//   demo {"a": 2}                             … of a named one
//   +500                                      the clock goes on by 500 ms
//   --- out
//   [{"a":2}]                                 one line per result; {"$error":"text"} for an error of a row
//   --- error                                 instead of in/out: the message of the refusal, caret lines included
import type { FieldDef } from '../../src/contract/schema.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { rewriteRules, type SourceInfo } from '../../src/plan/index.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { startRule, type TestOptions } from './program.ts';

export interface RuleFile {
  readonly sql: string;
  readonly sources: readonly SourceInfo[];
  readonly options: TestOptions;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly error: string | undefined;
}

export function parseRuleFile(text: string): RuleFile {
  const [head, ...parts] = text.split(/^--- /m);
  const sources: SourceInfo[] = [];
  let options: TestOptions = {};
  const sql: string[] = [];
  for (const line of head!.split('\n')) {
    if (line.startsWith('#')) continue;
    if (/^(stream|table) /.test(line)) sources.push(parseSource(line));
    else if (line.startsWith('options ')) options = JSON.parse(line.slice(8)) as TestOptions;
    else sql.push(line);
  }
  const part = (name: string): string[] => {
    const found = parts.find((p) => p.startsWith(name));
    return found === undefined
      ? []
      : found
          .slice(found.indexOf('\n') + 1)
          .replace(/\n+$/, '')
          .split('\n')
          .filter((l) => l !== '');
  };
  return {
    sql: sql.join('\n').trim(),
    sources,
    options,
    input: part('in'),
    output: part('out'),
    error: parts.some((p) => p.startsWith('error')) ? part('error').join('\n') : undefined,
  };
}

function parseSource(line: string): SourceInfo {
  const [, kind, name, fields, timestamp] = /^(stream|table) (\w+)(?: (\(.*\)))?(?: timestamp (\w+))?$/.exec(line) ?? [];
  if (!kind || !name) throw new Error(`not a source: ${line}`);
  let schema: FieldDef[] | undefined;
  if (fields) {
    const statement = parseStatement(`CREATE STREAM x ${fields} WITH (DATASOURCE="x")`);
    if (statement.kind === 'create' && statement.fields.length) schema = statement.fields.map((f) => ({ name: f.name, type: f.type }));
  }
  return { name, kind: kind as 'stream' | 'table', schema, timestamp };
}

/** The four ways; every one must give `output`. */
export const waysToRun: readonly { name: string; options: TestOptions; oneByOne: boolean }[] = [true, false].flatMap((optimised) =>
  [true, false].map((oneByOne) => ({
    name: `${optimised ? 'optimised' : 'as written'}, ${oneByOne ? 'row by row' : 'at once'}`,
    options: optimised ? {} : { disabledRules: rewriteRules.map((r) => r.name), incrementalWindow: 'off' as const },
    oneByOne,
  })),
);

/** @returns one line of JSON per result */
export async function runRuleFile(file: RuleFile, way: (typeof waysToRun)[number]): Promise<string[]> {
  const rule = startRule(file.sql, { sources: file.sources, ...file.options, ...way.options });
  for (const line of file.input) {
    if (line.startsWith('+')) {
      await rule.clock.advance(Number(line.slice(1)));
      continue;
    }
    const named = /^(\w+) (\{.*)$/.exec(line);
    const source = file.sources.find((s) => s.name === named?.[1]) ?? file.sources[0]!;
    const row = typed(JSON.parse(named ? named[2]! : line) as Row, source);
    const ts = source.timestamp ? row[source.timestamp] : undefined;
    rule.push(source.name, row, ts === undefined ? {} : { tsMs: Number(ts) });
    if (way.oneByOne) await rule.clock.advance(0);
  }
  await rule.clock.advance(0);
  return rule.results.map(toJson);
}

/** JSON numbers of BIGINT fields are ints, as the decoder makes them. */
function typed(row: Row, source: SourceInfo): Row {
  for (const field of source.schema ?? []) {
    const v = row[field.name];
    if (field.type.kind === 'bigint' && typeof v === 'number') row[field.name] = BigInt(v);
  }
  return row;
}

/** Keys sorted, ints as numbers. */
export const toJson = (v: unknown): string => JSON.stringify(v, sorted);

function sorted(_key: string, v: unknown): unknown {
  if (typeof v === 'bigint') return Number(v);
  if (typeof v !== 'object' || v === null || Array.isArray(v)) return v;
  return Object.fromEntries(Object.entries(v as Record<string, Value>).sort(([a], [b]) => (a < b ? -1 : 1)));
}

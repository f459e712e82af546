// The rules of docs/cookbook: reads the pages and runs a recipe in process, on virtual time. Used by cookbook.test.ts.
//
// A recipe is a section `## Title` with fenced blocks: `sql`; `json options` (zone, event time) where it needs some; `text input`, one message a line:
// `[10s] [stream:] [topic/of/it] {"json":1}`, where 10s is the time since the beginning (the messages of a line without one come at once) and a line with a
// time alone lets time pass; and `json output`, one result a line.
import { readdirSync, readFileSync } from 'node:fs';
import { createVirtualClock } from '../../src/base/clock.ts';
import { encodeJson } from '../../src/codecs/json/encode.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { parseSelect, selectsOf, stepsOf } from '../../src/sql/index.ts';
import { startRule, stream } from '../helpers/program.ts';

export interface Recipe {
  readonly page: string;
  readonly title: string;
  readonly sql: string;
  readonly options: RecipeOptions;
  readonly input: readonly string[];
  readonly output: readonly string[];
}

interface RecipeOptions {
  /** When the first message comes. */
  readonly begin?: string;
  readonly timezone?: string;
  readonly windowOffsetMs?: number;
  /** Column of event time in ms: the stream has `TIMESTAMP`. */
  readonly timestamp?: string;
  readonly lateToleranceMs?: number;
}

const FOLDER = 'docs/cookbook';
const BEGIN = '2026-03-02T00:00:00Z';

export function readRecipes(): Recipe[] {
  const pages = readdirSync(FOLDER).filter((f) => f.endsWith('.md') && f !== 'README.md');
  return pages.sort().flatMap((page) =>
    readFileSync(`${FOLDER}/${page}`, 'utf8')
      .split(/^## /m)
      .slice(1)
      .map((section): Recipe => {
        const blocks = new Map([...section.matchAll(/^```([a-z ]+)\n([\s\S]*?)\n?```$/gm)].map((m) => [m[1]!, m[2]!]));
        const lines = (name: string) => (blocks.get(name) ?? '').split('\n').filter((l) => l.trim() !== '');
        return {
          page,
          title: section.slice(0, section.indexOf('\n')).trim(),
          sql: blocks.get('sql') ?? '',
          options: JSON.parse(blocks.get('json options') ?? '{}') as RecipeOptions,
          input: lines('text input'),
          output: lines('json output'),
        };
      }),
  );
}

/** Streams that the statement reads: all of the cookbook are schemaless JSON. */
function streamsOf(sql: string): string[] {
  const select = parseSelect(sql, 'standard');
  const known = new Set((stepsOf(select) ?? []).map((s) => s.name));
  const all = (stepsOf(select)?.map((s) => s.select) ?? selectsOf(select)).flatMap((s) => [s.from, ...s.joins.map((j) => j.source)]);
  return [...new Set(all.map((s) => s.name).filter((name) => !known.has(name)))];
}

const LINE = /^(?:(\d+(?:\.\d+)?)s\b\s*)?(?:(\w+):\s+)?(?:([^\s{]+\/\S*)\s+)?(\{.*\})?$/;

/** @returns results as JSON, one a line; errors of rows as `error: …` */
export async function runRecipe({ sql, options, input }: Recipe): Promise<string[]> {
  const beginMs = Date.parse(options.begin ?? BEGIN);
  const clock = createVirtualClock(beginMs);
  const names = streamsOf(sql);
  const rule = startRule(sql, {
    sqlCompatibility: 'standard',
    clock,
    sources: names.map((name) => stream(name, undefined, options.timestamp ? { timestamp: options.timestamp } : {})),
    ...(options.timestamp ? { isEventTime: true, lateToleranceMs: options.lateToleranceMs ?? 0 } : {}),
    ...(options.timezone ? { timeZone: options.timezone } : {}),
    ...(options.windowOffsetMs ? { windowOffsetMs: options.windowOffsetMs } : {}),
  });
  for (const line of input) {
    const found = LINE.exec(line.trim());
    if (!found) throw new Error(`cannot read the input line ${line}`);
    const [, seconds, name, topic, json] = found;
    if (seconds !== undefined) await clock.advance(Number(seconds) * 1000 - (clock.now() - beginMs));
    if (json === undefined) continue;
    const row = decoded(JSON.parse(json) as Row);
    const ts = options.timestamp ? Number(row[options.timestamp]) : clock.now();
    rule.push(name ?? names[0]!, row, { tsMs: ts, ...(topic === undefined ? {} : { meta: { topic } }) });
  }
  return rule.results.map((r) => ('$error' in r ? `error: ${r.$error}` : encodeJson(r as Value)));
}

/** A payload that is no JSON (FORMAT="binary") stands as text in `self`. */
const decoded = (row: Row): Row => (typeof row['self'] === 'string' ? { ...row, self: Buffer.from(row['self']) } : row);

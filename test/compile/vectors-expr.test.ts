// All recorded scalar expressions, in process: one test per case, every row of every expression.
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import json from '../../src/codecs/json/index.ts';
import type { FieldDef } from '../../src/contract/schema.ts';
import { wholeRow } from '../../src/data/bad-fields.ts';
import type { Row } from '../../src/data/value.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { startRule, stream } from '../helpers/program.ts';
import { decodeVector, differenceOf, type ExprCase, encodeVector, readVectors } from '../helpers/vectors.ts';

const areas = ['array', 'cast', 'datetime', 'hash', 'json', 'math', 'misc', 'object', 'operator', 'string', 'typed'];

describe.each(areas)('%s', (area) => {
  it.each(readVectors<ExprCase>(area, 'expr').filter((c) => !/STRICT_VALIDATION/i.test(c.with ?? '')))('$name', (c) => {
    const failures = c.exprs.flatMap((_, i) => failuresOf(c, i));
    expect(failures.length, failures.slice(0, 200).join('\n')).toBe(0);
  });
});

/** Columns that the rules of a case read together. */
function usedColumns(c: ExprCase, index: number): ReadonlyMap<string, ReadonlySet<string> | undefined> | 'all' {
  const used = new Map<string, Set<string> | undefined>();
  for (const [i, e] of c.exprs.entries()) {
    if (e.refused || (c.isolated && i !== index)) continue;
    const input = startRule(`SELECT rid__, ${e.expr} AS v FROM PFX_s`, { sources: [stream('PFX_s')] }).program.inputs[0]!;
    if (input.all) return 'all';
    for (const column of input.columns) {
      const members = input.members?.[column];
      const known = used.has(column) ? used.get(column) : new Set<string>();
      used.set(column, members && known ? new Set([...known, ...members]) : undefined);
    }
  }
  return used;
}

function pruned(f: FieldDef, used: ReadonlyMap<string, ReadonlySet<string> | undefined>): FieldDef[] {
  if (!used.has(f.name)) return [];
  const members = used.get(f.name);
  if (!members || f.type.kind !== 'struct') return [f];
  return [{ ...f, type: { kind: 'struct', fields: f.type.fields.filter((m) => members.has(m.name)) } }];
}

/** Runs `SELECT rid__, EXPR AS v`, as the conformance runner does. */
function failuresOf(c: ExprCase, index: number): string[] {
  const e = c.exprs[index]!;
  const fields = (c.fields ?? '()').replace(/^\((?=.)(?!\))/, '(rid__ BIGINT, ');
  const statement = parseStatement(`CREATE STREAM demo ${fields} WITH (DATASOURCE="x")`);
  const schema = statement.kind === 'create' && statement.fields.length > 0 ? statement.fields.map((f) => ({ ...f })) : undefined;
  let rule: ReturnType<typeof startRule>;
  try {
    rule = startRule(`SELECT rid__, ${e.expr} AS v FROM PFX_s`, { sources: [stream('PFX_s', schema)], env: { ruleId: `PFX_r${index}` } });
  } catch (error) {
    return e.refused ? [] : [`${e.expr}: refused: ${messageOf(error)}`];
  }
  if (e.refused) return [`${e.expr}: not refused: ${e.message}`];
  // as the source node does: only columns that some rule of the shared stream reads are decoded
  const used = usedColumns(c, index);
  const decoder = json.createDecoder({ schema: used === 'all' ? schema : schema?.flatMap((f) => pruned(f, used)) });
  const encoder = json.createEncoder();
  const failures: string[] = [];
  c.rows.forEach((r, i) => {
    const text = (typeof r === 'string' ? r : encodeVector(r)).replace(
      '{',
      /^\{\s*\}$/.test(typeof r === 'string' ? r : encodeVector(r)) ? `{"rid__":${i}` : `{"rid__":${i},`,
    );
    rule.results.length = 0;
    const got: unknown[] = [];
    try {
      rule.push('PFX_s', wholeRow(decoder.decode(Buffer.from(text)) as Row), { meta: { topic: 'PFX_in', qos: 1, messageId: i } });
      for (const result of rule.results) {
        if ('$error' in result) got.push(result);
        else
          for (const row of decodeVector(String(encoder.encode(result))) as Record<string, unknown>[])
            got.push('v' in row ? row['v'] : { $missing: true });
      }
    } catch (error) {
      got.push({ $error: messageOf(error) });
    }
    const one = got.length === 0 ? { $none: true } : got.length === 1 ? got[0] : { $rows: got };
    const d = differenceOf(e.out?.[i], one);
    if (d) failures.push(`${e.expr}  row ${text.slice(0, 160)}: ${d}`);
  });
  return failures;
}

// A statement with WITH, UNION ALL or sub-selects as a list of plain SELECTs, each after those that it reads: what one gives out, the next ones take in. Steps
// with one name (the sides of UNION ALL) feed the same readers. Called by service/rules/rule-steps.ts.
import type { SelectStatement, SourceRef } from './ast.ts';

export interface Step {
  /** Unique but for the sides of a union; '' for the statement's own result. */
  readonly name: string;
  /** Plain: reads streams, tables and steps by name. */
  readonly select: SelectStatement;
  /** Names that mean steps here, not streams. */
  readonly reads: ReadonlySet<string>;
}

/** @returns undefined for a plain SELECT: most rules */
export function stepsOf(s: SelectStatement): Step[] | undefined {
  if (!s.with && !s.union && !s.from.query && !s.joins.some((j) => j.source.query)) return undefined;
  const steps: Step[] = [];
  const taken = new Set<string>();
  const unique = (name: string): string => {
    let own = name;
    for (let i = 2; taken.has(own); i++) own = `${name}_${i}`;
    taken.add(own);
    return own;
  };
  /** @param known name in the text → name of the step */
  const add = (name: string, query: SelectStatement, known: ReadonlyMap<string, string>): void => {
    let scope = known;
    for (const step of query.with ?? []) {
      const own = unique(step.name);
      add(own, step.query, scope);
      scope = new Map([...scope, [step.name, own]]);
    }
    for (const one of [query, ...(query.union ?? [])]) addOne(name, one, scope);
  };
  const addOne = (name: string, one: SelectStatement, scope: ReadonlyMap<string, string>): void => {
    const reads = new Set<string>();
    const source = (ref: SourceRef): SourceRef => {
      const { query, ...rest } = ref;
      let own = scope.get(ref.name);
      if (query) {
        own = unique(ref.name);
        add(own, query, scope);
      }
      if (own === undefined) return ref;
      reads.add(own);
      return { ...rest, name: own, alias: ref.alias ?? ref.name };
    };
    const { with: _with, union: _union, ...plain } = one;
    const select = { ...plain, from: source(one.from), joins: one.joins.map((j) => ({ ...j, source: source(j.source) })) };
    steps.push({ name, select, reads });
  };
  add('', s, new Map());
  return steps;
}

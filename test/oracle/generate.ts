// Random rows and expressions that our SQL and DuckDB's both have, written in both. Everything is drawn from a seed. Used by oracle.test.ts (a fixed
// share) and scripts/oracle-campaign.ts. Next: compare.ts.
//
// What is left out, since the two engines mean different things by it and ours is kept on purpose: `/` of two ints (ours cuts, DuckDB's `//`),
// division by zero (ours is an error of the row, DuckDB's null), text with backslashes (quoting), comparisons of mixed kinds (errors at different times).

export type Kind = 'int' | 'float' | 'text' | 'bool';

export interface Random {
  /** 0 ≤ n < below */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** Small and the same everywhere (mulberry32). */
export function createRandom(seed: number): Random {
  let a = seed >>> 0;
  const next = (): number => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return { int, pick: (list) => list[int(list.length)]! };
}

/** Columns of every table: two of each kind. */
export const COLUMNS: readonly { name: string; kind: Kind; ours: string; theirs: string }[] = [
  { name: 'i', kind: 'int', ours: 'bigint', theirs: 'BIGINT' },
  { name: 'j', kind: 'int', ours: 'bigint', theirs: 'BIGINT' },
  { name: 'x', kind: 'float', ours: 'float', theirs: 'DOUBLE' },
  { name: 'y', kind: 'float', ours: 'float', theirs: 'DOUBLE' },
  { name: 's', kind: 'text', ours: 'string', theirs: 'VARCHAR' },
  { name: 't', kind: 'text', ours: 'string', theirs: 'VARCHAR' },
  { name: 'p', kind: 'bool', ours: 'boolean', theirs: 'BOOLEAN' },
  { name: 'q', kind: 'bool', ours: 'boolean', theirs: 'BOOLEAN' },
];

export type Cell = bigint | number | string | boolean | null;
export type OracleRow = Record<string, Cell>;

const INTS = [0n, 1n, 2n, 3n, -1n, -7n, 10n, 100n, 9007199254740993n, -9007199254740993n, 4611686018427387904n];
const FLOATS = [0, 1, 0.5, -0.5, 2.25, -3.75, 1e6, 12.125, 0.1, -7];
const TEXTS = ['', 'a', 'b', 'ab', 'abc', 'x%', 'A', 'ä', 'zz'];

export function randomRow(r: Random): OracleRow {
  const row: OracleRow = {};
  for (const c of COLUMNS) {
    if (r.int(4) === 0) row[c.name] = null;
    else
      row[c.name] =
        c.kind === 'int' ? r.pick(INTS) : c.kind === 'float' ? r.pick(FLOATS) : c.kind === 'text' ? r.pick(TEXTS) : r.int(2) === 0;
  }
  return row;
}

/** One expression in both languages. */
export interface Both {
  ours: string;
  theirs: string;
  kind: Kind;
}

const same = (text: string, kind: Kind): Both => ({ ours: text, theirs: text, kind });
const textBoth = (text: string): Both => ({ ours: JSON.stringify(text), theirs: `'${text.replaceAll("'", "''")}'`, kind: 'text' });

function leaf(r: Random, kind: Kind): Both {
  if (r.int(3) > 0) return same(r.pick(COLUMNS.filter((c) => c.kind === kind)).name, kind);
  switch (kind) {
    case 'int':
      return same(String(r.pick([0, 1, 2, 3, 5, 10, 1000])), 'int');
    case 'float': {
      const v = r.pick([0.5, 1.5, 2.25, 10.0, 0.125]);
      const text = Number.isInteger(v) ? `${v}.0` : String(v);
      return { ours: text, theirs: `${text}::DOUBLE`, kind };
    }
    case 'text':
      return textBoth(r.pick(TEXTS));
    case 'bool': {
      const v = r.int(2) === 0;
      return { ours: v ? 'true' : 'false', theirs: v ? 'true' : 'false', kind };
    }
  }
}

const join = (op: string, a: Both, b: Both, kind: Kind, theirOp = op): Both => ({
  ours: `(${a.ours} ${op} ${b.ours})`,
  theirs: `(${a.theirs} ${theirOp} ${b.theirs})`,
  kind,
});
const call = (name: string, args: readonly Both[], kind: Kind, theirName = name): Both => ({
  ours: `${name}(${args.map((x) => x.ours).join(', ')})`,
  theirs: `${theirName}(${args.map((x) => x.theirs).join(', ')})`,
  kind,
});

/** A random expression of that kind. @param depth operators on top of each other */
export function expression(r: Random, kind: Kind, depth: number): Both {
  if (depth <= 0) return leaf(r, kind);
  const sub = (k: Kind): Both => expression(r, k, depth - 1);
  const number = (): Kind => (r.int(2) === 0 ? 'int' : 'float');
  if (r.int(5) === 0) return typedForm(r, kind, sub);
  switch (r.int(kind === 'bool' ? 9 : 5)) {
    case 0:
      return leaf(r, kind);
    case 1:
      return caseOf(r, kind, depth);
    case 2: {
      const args = [sub(kind), sub(kind), ...(r.int(2) === 0 ? [leaf(r, kind)] : [])];
      return call('coalesce', args, kind);
    }
  }
  switch (kind) {
    case 'int':
      switch (r.int(6)) {
        case 0:
          return call('abs', [sub('int')], 'int');
        case 1:
          return roundOfInt(sub('int'));
        case 2: {
          const a = sub('int');
          return { ours: `(${a.ours} % 7)`, theirs: `(${a.theirs} % 7)`, kind };
        }
        case 3:
          return join(r.pick(['&', '|']), leaf(r, 'int'), leaf(r, 'int'), 'int');
        default:
          return join(r.pick(['+', '-', '*']), sub('int'), sub('int'), 'int');
      }
    case 'float':
      switch (r.int(7)) {
        case 0:
          return call('abs', [sub('float')], 'float');
        case 1:
          return call('floor', [sub('float')], 'float');
        case 2:
          return call('ceil', [sub('float')], 'float');
        case 3: {
          const a = sub(number());
          const b = r.pick([2, 4, 0.5]);
          return { ours: `(${a.ours} / ${Number.isInteger(b) ? `${b}.0` : b})`, theirs: `(${a.theirs} / ${b}::DOUBLE)`, kind };
        }
        case 4:
          return join(r.pick(['+', '-', '*']), sub('int'), sub('float'), 'float');
        default:
          return join(r.pick(['+', '-', '*']), sub('float'), sub('float'), 'float');
      }
    case 'text':
      switch (r.int(4)) {
        case 0:
          return call('upper', [sub('text')], 'text');
        case 1:
          return call('lower', [sub('text')], 'text');
        case 2: {
          const a = sub('text');
          return { ours: `concat(${a.ours}, "-")`, theirs: `concat(${a.theirs}, '-')`, kind };
        }
        default:
          return call('trim', [sub('text')], 'text');
      }
    case 'bool':
      return condition(r, depth);
  }
}

/** What people type and eKuiper's grammar has not: signs, `||`, NOT, IS NULL, `<>`, if, nullif, greatest, least, CASE on any condition. */
function typedForm(r: Random, kind: Kind, sub: (k: Kind) => Both): Both {
  const any = (): Both => sub(r.pick(['int', 'float', 'text', 'bool'] as const));
  const wrap = (before: string, a: Both, after = ''): Both => ({
    ours: `(${before}${a.ours}${after})`,
    theirs: `(${before}${a.theirs}${after})`,
    kind,
  });
  switch (r.int(4)) {
    case 0: {
      const [c, a, b] = [sub('bool'), sub(kind), sub(kind)];
      return r.int(2) === 0
        ? { ours: `if(${c.ours}, ${a.ours}, ${b.ours})`, theirs: `(CASE WHEN ${c.theirs} THEN ${a.theirs} ELSE ${b.theirs} END)`, kind }
        : {
            ours: `(CASE WHEN ${c.ours} THEN ${a.ours} ELSE ${b.ours} END)`,
            theirs: `(CASE WHEN ${c.theirs} THEN ${a.theirs} ELSE ${b.theirs} END)`,
            kind,
          };
    }
    case 1:
      return call('nullif', [sub(kind), sub(kind)], kind);
    case 2:
      if (kind !== 'bool')
        return call(r.pick(['greatest', 'least']), [sub(kind), sub(kind), ...(r.int(2) === 0 ? [leaf(r, kind)] : [])], kind);
  }
  switch (kind) {
    case 'int':
    case 'float':
      return wrap('- ', sub(kind));
    case 'text':
      return join('||', sub('text'), sub('text'), 'text');
    case 'bool':
      switch (r.int(4)) {
        case 0:
          return wrap('NOT ', sub('bool'));
        case 1:
          return wrap('', any(), r.pick([' IS NULL', ' IS NOT NULL']));
        case 2:
          return wrap('', sub('bool'), r.pick([' IS TRUE', ' IS FALSE', ' IS NOT TRUE', ' IS NOT FALSE']));
        default:
          return join('<>', sub('int'), sub('int'), 'bool');
      }
  }
}

/** DuckDB computes round() of a BIGINT as a float and loses 2^53 + 1; of an int nothing is to be rounded. */
const roundOfInt = (a: Both): Both => ({ ours: `round(${a.ours})`, theirs: a.theirs, kind: 'int' });

function caseOf(r: Random, kind: Kind, depth: number): Both {
  const whens = Array.from({ length: 1 + r.int(2) }, () => ({
    when: expression(r, 'bool', depth - 1),
    result: branch(r, kind, depth - 1),
  }));
  const otherwise = r.int(4) === 0 ? undefined : branch(r, kind, depth - 1);
  const write = (side: 'ours' | 'theirs'): string =>
    `(CASE ${whens.map((w) => `WHEN ${w.when[side]} = true THEN ${w.result[side]}`).join(' ')}${otherwise ? ` ELSE ${otherwise[side]}` : ''} END)`;
  const all = [...whens.map((w) => w.result), ...(otherwise ? [otherwise] : [])];
  // an int beside a float is a float; a CASE that shall be a float and has ints only is made one
  const onlyInts = kind === 'float' && all.every((b) => b.kind === 'int');
  return {
    ours: onlyInts ? `(${write('ours')} * 1.0)` : write('ours'),
    theirs: onlyInts ? `(${write('theirs')} * 1.0::DOUBLE)` : write('theirs'),
    kind,
  };
}

const branch = (r: Random, kind: Kind, depth: number): Both => expression(r, kind === 'float' && r.int(3) === 0 ? 'int' : kind, depth);

function condition(r: Random, depth: number): Both {
  const sub = (k: Kind): Both => expression(r, k, depth - 1);
  const kind = r.pick(['int', 'float', 'text'] as const);
  switch (r.int(8)) {
    case 0:
    case 1:
      return join(r.pick(['AND', 'OR']), sub('bool'), sub('bool'), 'bool');
    case 2: {
      const low = sub(kind);
      const v = sub(kind);
      const high = sub(kind);
      const not = r.pick(['', 'NOT ']);
      return {
        ours: `(${v.ours} ${not}BETWEEN ${low.ours} AND ${high.ours})`,
        theirs: `(${v.theirs} ${not}BETWEEN ${low.theirs} AND ${high.theirs})`,
        kind: 'bool',
      };
    }
    case 3: {
      const v = sub(kind);
      const items = Array.from({ length: 1 + r.int(3) }, () => leaf(r, kind));
      const not = r.pick(['', 'NOT ']);
      const list = (side: 'ours' | 'theirs') => items.map((x) => x[side]).join(', ');
      return { ours: `(${v.ours} ${not}IN (${list('ours')}))`, theirs: `(${v.theirs} ${not}IN (${list('theirs')}))`, kind: 'bool' };
    }
    case 4: {
      const v = sub('text');
      const pattern = r.pick(['a%', '%b', '_', '%', 'ab_', '', '%a%']);
      const not = r.pick(['', 'NOT ']);
      return { ours: `(${v.ours} ${not}LIKE "${pattern}")`, theirs: `(${v.theirs} ${not}LIKE '${pattern}')`, kind: 'bool' };
    }
    case 5: {
      const v = sub(r.pick(['int', 'float', 'text', 'bool'] as const));
      return { ours: `isnull(${v.ours})`, theirs: `(${v.theirs} IS NULL)`, kind: 'bool' };
    }
    case 6:
      return join(r.pick(['=', '!=', '<', '<=', '>', '>=']), sub('int'), sub('float'), 'bool');
    default:
      return join(r.pick(['=', '!=', '<', '<=', '>', '>=']), sub(kind), sub(kind), 'bool');
  }
}

/** An aggregate over expressions of the row, over some of the rows or over each value once. */
export function aggregate(r: Random, depth: number): Both {
  if (r.int(8) === 0) {
    const e = leaf(r, r.pick(['int', 'float', 'text', 'bool'] as const));
    return { ours: `count(DISTINCT ${e.ours})`, theirs: `count(DISTINCT ${e.theirs})`, kind: 'int' };
  }
  const all = aggregateOfAll(r, depth);
  if (r.int(4) > 0) return all;
  const c = expression(r, 'bool', depth);
  return { ours: `${all.ours} FILTER (WHERE ${c.ours})`, theirs: `${all.theirs} FILTER (WHERE ${c.theirs})`, kind: all.kind };
}

function aggregateOfAll(r: Random, depth: number): Both {
  const number = r.int(2) === 0 ? ('int' as const) : ('float' as const);
  switch (r.int(11)) {
    case 0:
      return same('count(*)', 'int');
    case 1:
      return call('count', [expression(r, r.pick(['int', 'float', 'text', 'bool'] as const), depth)], 'int');
    case 2:
      return call('sum', [expression(r, 'float', depth)], 'float');
    case 3:
      return call('sum', [leaf(r, 'int')], 'int');
    case 4:
      return call('avg', [expression(r, number === 'int' ? 'int' : 'float', number === 'int' ? 0 : depth)], 'float');
    case 5:
      return call(r.pick(['min', 'max']), [expression(r, r.pick(['int', 'float', 'text'] as const), depth)], 'float');
    case 6:
      return call('median', [expression(r, 'float', depth)], 'float');
    case 7: {
      const e = expression(r, 'float', depth);
      const p = r.pick([0.25, 0.5, 0.9, 1.0, 0.0]);
      const text = Number.isInteger(p) ? `${p}.0` : String(p);
      return { ours: `percentile_cont(${e.ours}, ${text})`, theirs: `quantile_cont(${e.theirs}, ${text})`, kind: 'float' };
    }
    case 8:
    case 9: {
      const [ours, theirs] = r.pick([
        ['stddev', 'stddev_pop'],
        ['stddevs', 'stddev_samp'],
        ['var', 'var_pop'],
        ['vars', 'var_samp'],
      ] as const);
      return call(ours, [leaf(r, 'float')], 'float', theirs);
    }
    default:
      return call('sum', [caseOf(r, 'float', depth)], 'float');
  }
}

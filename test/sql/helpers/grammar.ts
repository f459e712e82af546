// Random statements by the grammar, as text: spelled with random case, blanks, comments, redundant parentheses and quotes.
import fc from 'fast-check';

const word = (text: string) => fc.boolean().map((lower) => (lower ? text.toLowerCase() : text));
const gap = fc.constantFrom(' ', ' ', ' ', '\n', '\t ', ' /* c */ ', ' -- c\n');
const join = (...parts: readonly (fc.Arbitrary<string> | string)[]): fc.Arbitrary<string> =>
  fc
    .tuple(gap, ...parts.map((p) => (typeof p === 'string' ? (/^[A-Z]+$/.test(p) ? word(p) : fc.constant(p)) : p)))
    .map(([space, ...texts]) => texts.filter((t) => t !== '').join(space));
const list = (item: fc.Arbitrary<string>, maxLength = 3): fc.Arbitrary<string> =>
  fc.array(item, { minLength: 1, maxLength }).map((items) => items.join(', '));
const maybe = (item: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(''), item);

const plainName = fc.constantFrom(
  'a',
  'b',
  'temperature',
  'id_1',
  'X',
  'null',
  'distinct',
  'key',
  'value',
  'stream',
  'tumblingwindow',
  'e5',
);
const anyName = fc.string({ minLength: 0, maxLength: 6, unit: 'binary' }).map((s) => `\`${s.replaceAll('`', '')}\``);
export const name = fc.oneof(
  { weight: 6, arbitrary: plainName },
  { weight: 1, arbitrary: fc.constantFrom('`select`', '`a-b`', '`中文`', '`order`') },
  { weight: 1, arbitrary: anyName },
);

const stringText = fc.oneof(
  fc.string({ maxLength: 8, unit: 'binary' }).map((s) => JSON.stringify(s)),
  fc.constantFrom("'it\\'s'", "'a\"b'", '"\\x41\\101\\v"', '"\\U0001F642"', "''"),
);
const numberText = fc.oneof(
  fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String),
  fc.integer().map(String),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map((n) => n.toFixed(Math.min(20, Math.abs(n) > 1e15 ? 0 : 8)))
    .filter((t) => !t.includes('e'))
    .map((t) => (t.includes('.') ? t : `${t}.0`)),
  fc.constantFrom('0', '.5', '-.5', '2.', '- 7', '0.000000000000000001', '123456789012345678901234567890.0'),
);
const literal = fc.oneof(numberText, stringText, word('TRUE'), word('FALSE'), fc.constantFrom('ss', 'MI'));

const { expr } = fc.letrec<{ expr: string; primary: string }>((tie) => {
  const e = tie('expr');
  const p = tie('primary');
  const column = fc.oneof(
    { depthSize: 'small' },
    name,
    fc.tuple(name, name).map(([a, b]) => `${a}.${b}`),
  );
  const over = fc.oneof(
    join('OVER', '(', 'PARTITION', 'BY', list(e, 2), ')'),
    join('OVER', '(', 'PARTITION', 'BY', e, 'WHEN', e, ')'),
    join('OVER', '(', 'WHEN', e, ')'),
    join('OVER', '(', 'ORDER', 'BY', column, 'DESC', ')'),
  );
  const functionName = fc.constantFrom('abs', 'COUNT', 'lag', 'f', 'meta', 'mqtt', '`my-f`');
  const star = fc.oneof(
    fc.constant('*'),
    name.map((n) => `${n}.*`),
  );
  const call = fc
    .tuple(
      functionName,
      fc.array(fc.oneof({ weight: 5, arbitrary: e }, { weight: 1, arbitrary: star }), { maxLength: 3 }),
      fc.boolean(),
      fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: over }),
    )
    .map(([f, args, comma, o]) => `${f}(${args.join(', ')}${comma && args.length > 0 ? ',' : ''}) ${o}`);
  // An end of a bracket that begins with a number is that number alone.
  const end = e.map((text) => (/^[-\d.]/.test(text) && !/^-?\d{1,18}$/.test(text) ? `(${text})` : text));
  const condition = fc.oneof(
    fc.tuple(p, fc.constantFrom('=', '!=', '<', '<=', '>', '>='), p).map((t) => t.join(' ')),
    join(p, 'IN', '(', list(e, 2), ')'),
    join(p, 'LIKE', stringText),
    word('TRUE'),
  );
  const caseExpr = fc.oneof(
    join('CASE', e, 'WHEN', e, 'THEN', e, maybe(join('ELSE', e)), 'END'),
    join('CASE', 'WHEN', condition, 'THEN', e, 'WHEN', condition, 'THEN', e, maybe(join('ELSE', e)), 'END'),
  );
  return {
    primary: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      literal,
      column,
      call,
      caseExpr,
      e.map((text) => `(${text})`),
    ),
    expr: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      p,
      fc.tuple(e, fc.constantFrom('+', '*', '/', '%', '&', '|', '^', '=', '!=', '<', '>=', 'AND', 'or'), e).map((t) => t.join(' ')),
      fc.tuple(e, p).map(([a, b]) => `${a} - (${b})`),
      fc.tuple(e, name).map(([a, b]) => `${a}->${b}`),
      fc.tuple(e, end).map(([a, b]) => `${a}[${b}]`),
      fc.tuple(e, maybe(end), maybe(end)).map(([a, b, c]) => `${a}[${b}:${c}]`),
      e.map((a) => `${a}[]`),
      join(e, maybe(word('NOT')), 'BETWEEN', p, 'AND', p),
      fc.tuple(e, list(e)).map(([a, l]) => `(${a} IN (${l}))`),
      join(e, maybe(word('NOT')), 'IN', name),
      join(e, maybe(word('NOT')), 'LIKE', p),
    ),
  };
});
export const expression = expr;

const alias = name.filter((n) => n !== '``');
const field = fc.oneof(
  { weight: 4, arbitrary: join(expr, maybe(join('AS', alias)), maybe(word('INVISIBLE'))) },
  { weight: 1, arbitrary: fc.constantFrom('*', 'd.*') },
  { weight: 1, arbitrary: join('*', 'EXCEPT', '(', list(name), ')') },
  { weight: 1, arbitrary: join('*', 'REPLACE', '(', list(join(expr, 'AS', alias), 2), ')') },
);
const source = fc
  .tuple(
    name.filter((n) => n !== '``'),
    maybe(join('AS', alias)),
  )
  .map((t) => t.join(' '));
const unit = fc.constantFrom('dd', 'HH', 'mi', 'SS', 'ms');
const n = fc.integer({ min: -3, max: 99 });
const window = fc
  .tuple(
    fc.oneof(
      fc.tuple(unit, n).map(([u, a]) => `TUMBLINGWINDOW(${u}, ${a})`),
      fc.tuple(unit, n, n).map(([u, a, b]) => `hoppingwindow(${u}, ${a}, ${b})`),
      fc.tuple(unit, n, n).map(([u, a, b]) => `SESSIONWINDOW(${u}, ${a}, ${b})`),
      fc.tuple(unit, n, n).map(([u, a, b]) => `SlidingWindow(${u}, ${a}, ${b})`),
      fc.integer({ min: 1, max: 9 }).map((a) => `COUNTWINDOW(${a + 2}, ${a})`),
      fc.tuple(expr, expr).map((t) => `STATEWINDOW(${t.join(', ')})`),
    ),
    maybe(join('FILTER', '(', 'WHERE', expr, ')')),
    maybe(fc.oneof(join('OVER', '(', 'WHEN', expr, ')'), join('OVER', '(', 'WHEN', expr, 'PARTITION', 'BY', list(expr, 2), ')'))),
  )
  .map((t) => t.join(' '));

export const select = join(
  'SELECT',
  list(field, 4),
  'FROM',
  source,
  maybe(join(fc.constantFrom('INNER', 'left', 'RIGHT', 'FULL'), 'JOIN', source, maybe(join('ON', expr)))),
  maybe(join('WHERE', expr)),
  maybe(join('GROUP', 'BY', list(fc.oneof(expr, window), 3))),
  maybe(join('HAVING', expr)),
  maybe(join('ORDER', 'BY', list(fc.tuple(name, fc.constantFrom('', 'ASC', 'desc')).map((t) => t.join(' '))))),
  maybe(join('LIMIT', n.map(String))),
  fc.constantFrom('', ';', ' ; '),
);

const { type } = fc.letrec<{ type: string }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('BIGINT', 'float', 'STRING', 'bytea', 'DATETIME', 'BOOLEAN'),
    tie('type').map((t) => `ARRAY(${t})`),
    list(
      tie('type').map((t) => `x ${t}`),
      2,
    ).map((fields) => `STRUCT(${fields})`),
  ),
}));
const column = fc.oneof(
  fc.tuple(name, type).map((t) => t.join(' ')),
  fc.constantFrom('a BIGINT DEFAULT -5', 'b FLOAT default 0.0000000001', "c STRING DEFAULT 'x'", 'd BOOLEAN DEFAULT true'),
);
const option = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('DATASOURCE', 'format', 'KEY', 'CONF_KEY', 'TIMESTAMP', 'DELIMITER', 'VERSION'),
      stringText.filter((t) => t.startsWith('"')),
    )
    .map((t) => t.join('=')),
  fc.constantFrom('SHARED=TRUE', 'TEMP="false"', 'RETAIN_SIZE="7"', 'EXTRA="{}"', 'KIND="Scan"', 'STRICT_VALIDATION=false'),
);
export const create = fc
  .tuple(
    fc.constantFrom('STREAM', 'table'),
    fc.constantFrom('demo', 'a1', '`a-b`'),
    fc.array(column, { maxLength: 4 }),
    fc.array(option, { maxLength: 4 }),
  )
  .map(([object, id, columns, options]) => `CREATE ${object} ${id} (${columns.join(', ')}) WITH (${options.join(', ')})`);

export const statement = fc.oneof(
  { weight: 4, arbitrary: select },
  { weight: 1, arbitrary: create },
  { weight: 1, arbitrary: fc.constantFrom('SHOW STREAMS', 'DROP TABLE `a-b`', 'describe stream d;', 'EXPLAIN STREAM x') },
);

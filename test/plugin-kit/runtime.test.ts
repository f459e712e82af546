// The helpers of `@kuiper-gateway/plugin`: facts that a gateway reads, options, arguments.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkApiVersion } from '../../src/plugin-host/files/api-version.ts';
import { defineFunction, defineSink, defineSource, finalError, parseOptions } from '../../src/plugin-kit/index.ts';
import { argFacts } from '../../src/plugin-kit/testing.ts';

const specs = {
  every: { type: 'duration', doc: 'pause', default: '1s' },
  label: { type: 'string', doc: 'name', required: true },
  count: { type: 'int', doc: 'how many', min: 1, max: 9 },
  ratio: { type: 'float', doc: 'share' },
  on: { type: 'bool', doc: 'switch', default: false },
  tags: { type: 'string[]', doc: 'words' },
  mode: { type: 'string', doc: 'way', oneOf: ['a', 'b'] },
  key: { type: 'string', doc: 'secret', secret: true, oneOf: ['x'] },
  more: { type: 'object', doc: 'anything' },
} as const;

test('options are converted by their types, with defaults, and names are found in any case', () => {
  expect(parseOptions(specs, { LABEL: 7, every: '1m30s', Count: '3', ratio: 0.5, on: 'true', tags: 'a, b', more: { x: 1 } })).toEqual({
    every: 90_000,
    label: '7',
    count: 3,
    ratio: 0.5,
    on: true,
    tags: ['a', 'b'],
    mode: undefined,
    key: undefined,
    more: { x: 1 },
  });
  expect(parseOptions(specs, { label: 'x' })).toMatchObject({ every: 1_000, on: false });
});

test('every bad option is named at once, and the value of a secret is not shown', () => {
  const bad = () =>
    parseOptions(specs, { every: 'soon', count: 10, ratio: 'half', on: 'yes', tags: [1], mode: 'c', key: 'hunter2', more: [] });
  expect(bad).toThrow(
    'option every: "soon" is not a duration such as 10s, 1m30s or 250 (ms); option label is missing (name); option count: 10 is above 9; ' +
      'option ratio: "half" is not a number; option on: "yes" is not true or false; option tags: [1] is not a list of texts; ' +
      'option mode: "c" is not one of a, b; option key: ****** is not one of x; option more: [] is not an object',
  );
  expect(() => parseOptions(specs, { label: 'x', count: 1.5 })).toThrow('option count: 1.5 is not a whole number');
  expect(() => parseOptions(specs, { label: 'x', count: 0 })).toThrow('option count: 0 is below 1');
});

test('a duration of hours, minutes, seconds and milliseconds is their sum', () => {
  fc.assert(
    fc.property(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(999), (h, m, s, ms) => {
      const { every } = parseOptions({ every: { type: 'duration', doc: '', required: true } }, { every: `${h}h${m}m${s}s${ms}ms` });
      expect(every).toBe(((h * 60 + m) * 60 + s) * 1000 + ms);
    }),
  );
});

test('a defined function checks the number of its arguments and the types of literals when the rule is made', () => {
  const make = defineFunction({
    args: [
      { name: 'text', type: 'string' },
      { name: 'n', type: 'int', optional: true },
    ],
    exec: ([text]) => text,
  });
  const f = make();
  expect(() => f.validate!(argFacts())).toThrow('Expect 1 to 2 arguments (text, n) but found 0.');
  expect(() => f.validate!(argFacts('a', 1, 2))).toThrow('but found 3');
  expect(() => f.validate!(argFacts(1))).toThrow('Expect string for argument 1 (text) but found 1.');
  expect(() => f.validate!(argFacts('a', 1.5))).toThrow('Expect int for argument 2 (n) but found 1.5.');
  expect(f.validate!(argFacts({ column: 'a' }, { column: 'b' }))).toBeUndefined();
  expect(make.plugin).toMatchObject({ apiVersion: '1.0', kind: 'function', options: [] });
  expect(() => defineFunction({})).toThrow('needs exec or create');
});

test('each call of a defined factory makes an instance of its own', () => {
  let made = 0;
  const make = defineFunction({
    create: () => {
      const id = ++made;
      return { exec: () => id };
    },
  });
  const [a, b] = [make(), make()];
  expect([a.exec([], undefined as never), b.exec([], undefined as never)]).toEqual([1, 2]);
});

test('a defined source shows which methods it has, keeps `this`, and gets its options checked', async () => {
  const got: unknown[] = [];
  class Inner {
    n = 5;
    configure(given: unknown) {
      got.push(given);
    }
    pull() {
      return this.n as never;
    }
  }
  const make = defineSource({ doc: 'd', options: { every: { type: 'duration', doc: 'pause', default: '2s' } }, create: () => new Inner() });
  const s = make();
  expect(Object.keys(s).sort()).toEqual(['configure', 'pull']);
  expect(s.pull!(undefined as never, undefined as never)).toBe(5);
  await s.configure!('topic', { every: 500, x: 1 });
  expect(got).toEqual([{ datasource: 'topic', options: { every: 500 }, props: { every: 500, x: 1 } }]);
  expect(() => s.configure!('topic', { every: 'x' })).toThrow('option every');
  expect(make.plugin.options).toEqual([{ name: 'every', type: 'duration', doc: 'pause', default: '2s' }]);
});

test('options are checked even when a sink has no configure of its own', () => {
  const sink = defineSink({
    options: { url: { type: 'string', doc: 'where', required: true } },
    create: () => ({ collect: () => undefined }),
  })();
  expect(() => sink.configure!({})).toThrow('option url is missing (where)');
  expect(finalError('no').retriable).toBe(false);
});

// @covers issue:15#2
test.each([
  [undefined, undefined],
  ['1', undefined],
  ['1.0', undefined],
  ['v1.0.7', undefined],
  ['1.1', 'written for plugin API 1.1, and this gateway offers 1.0; update the gateway, or build the plugin with @kuiper-gateway/plugin 1'],
  ['2.0', 'written for plugin API 2.0'],
  ['0.9', 'build it with a current @kuiper-gateway/plugin'],
  ['soon', 'apiVersion "soon" is not a version'],
])('apiVersion %s is taken or refused with the cure', (version, refusal) => {
  if (refusal === undefined) expect(checkApiVersion(version)).toBeUndefined();
  else expect(() => checkApiVersion(version)).toThrow(refusal);
});

// @covers issue:13#2
// Numbers of options: each has an end. A queue of 10¹⁵ rows, a pause of 10³⁰⁰ ms, or a number that no number can hold is refused with its name,
// instead of being taken and filling the memory years later.
import { describe, expect, test } from 'vitest';
import { connectors } from '../../src/connectors/index.ts';
import { type OptionSpec, parseOptions } from '../../src/contract/props.ts';
import { commonSinkOptions, commonSourceOptions, parseCacheProps, parseRuleOptions, ruleOptionSpecs } from '../../src/runtime/index.ts';

const NUMBERS = ['int', 'float', 'duration', 'bytes'];

/** Without a bound of their own: they count tries, lines or moments, and nothing is held by them. */
const HOLD_NOTHING = [
  'attempts',
  'beginTimestamp',
  'concurrency',
  'endTimestamp',
  'frameBytes', // the framing that is chosen has the bound
  'ignoreStartLines',
  'jitterFactor',
  'maxAttempts',
  'maxFrameBytes', // the framing that is chosen has the bound
  'maxLength',
  'maxRetries',
  'multiplier',
  'parkAfter',
  'resendRate',
  'rollingCount',
  'rollingSize',
  'seed',
];

const flat = (specs: readonly OptionSpec[]): OptionSpec[] => specs.flatMap((s) => [s, ...flat(s.fields ?? [])]);

const groups: [string, readonly OptionSpec[]][] = [
  ['sources', commonSourceOptions],
  ['sinks', commonSinkOptions],
  ['rules', ruleOptionSpecs],
];
for (const entry of connectors) {
  const d = await entry.load();
  for (const part of ['source', 'lookup', 'sink', 'connection'] as const) {
    const p = d[part];
    if (p) groups.push([`${entry.name} ${part}`, p.options]);
  }
}

test.each(groups)('%s: what is held in memory or on disk has an upper bound', (_name, specs) => {
  const unbounded = flat(specs)
    .filter((s) => NUMBERS.includes(s.type) && s.type !== 'duration' && !s.oneOf && s.absent === undefined && s.noEffect === undefined)
    .filter((s) => s.max === undefined && !HOLD_NOTHING.includes(s.name))
    .map((s) => s.name);
  expect(unbounded).toEqual([]);
});

describe.each(groups)('%s', (name, specs) => {
  const numeric = specs.filter((s) => NUMBERS.includes(s.type) && !s.oneOf && s.absent === undefined);
  test.each([1e300, Number.POSITIVE_INFINITY, '1e999', '9'.repeat(400), -1e300])('no number is taken as %s', (value) => {
    for (const spec of numeric) {
      if (spec.clamps) continue;
      const shown = JSON.stringify(value);
      let taken: unknown;
      try {
        taken = parseOptions(name, [{ ...spec, required: false }], { [spec.name]: value })[spec.as ?? spec.name];
      } catch (error) {
        expect((error as { code?: string }).code).toBe('CONNECTOR_OPTION');
        continue;
      }
      // a float may be large, not endless
      expect.soft(spec.type, `${spec.name} took ${shown} as ${String(taken)}`).toBe('float');
      expect.soft(taken).toSatisfy(Number.isFinite);
    }
  });
});

test.each<[Record<string, unknown>, string]>([
  [{ bufferLength: 1e15 }, 'bufferLength: 1000000000000000 is not allowed; allowed: 0 to 1000000'],
  [{ bufferLength: -1 }, 'invalidBufferLength:bufferLength must be greater than 0'],
  [{ bufferLength: 1e20 }, 'bufferLength: 100000000000000000000 is not a whole number that a number can hold'],
  [{ maxKeys: 1e12 }, 'maxKeys: 1000000000000 is not allowed'],
  [{ checkpointInterval: '9999999999h' }, 'checkpointInterval: "9999999999h" is longer than 100 years'],
  [{ restartStrategy: { delay: 1e300 } }, 'delay: 1e+300 is longer than 100 years'],
])('a rule with %j is refused', (options, text) => {
  expect(() => parseRuleOptions('r', options)).toThrow(text);
});

test.each<[Record<string, unknown>, string]>([
  [{ memoryCacheThreshold: 1e15 }, 'memoryCacheThreshold must be positive, and at most 1000000'],
  [{ bufferPageSize: 1e9 }, 'bufferPageSize must be positive, and at most 100000'],
  [{ maxDiskCacheBytes: '9000TB' }, 'is not a size'],
  [{ maxDiskCacheBytes: '90000GB' }, '90000GB" is above 1099511627776'],
  [{ maxRetries: 1e300 }, 'maxRetries must not be negative'],
  [{ resendInterval: 1e300 }, 'resendInterval:1e+300 is longer than 100 years'],
])('a queue with %j is refused', (props, text) => {
  expect(() => parseCacheProps({ enableCache: true, ...props }, {})).toThrow(text);
});

test.each([Number.POSITIVE_INFINITY, '-1e999', Number.NaN, 'NaN'])('%s is no number of an option without bounds either', (value) => {
  for (const type of ['int', 'float', 'duration', 'bytes'] as const)
    expect(() => parseOptions('c', [{ name: 'n', type, doc: '' }], { n: value }), type).toThrow('property n');
});

test('the largest numbers are taken', () => {
  expect(parseRuleOptions('r', { bufferLength: 1_000_000, maxKeys: 10_000_000 })).toMatchObject({ bufferLength: 1_000_000 });
  expect(parseCacheProps({ memoryCacheThreshold: 1_000_000, maxDiskCache: 1_000_000_000 }, {})).toMatchObject({ memoryRows: 1_000_000 });
});

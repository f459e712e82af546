// Register maps: what they mean, and that every mistake is named with file, line and point.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeBlocks } from '../../../src/connectors/modbus/blocks.ts';
import { type Point, parseProfile } from '../../../src/connectors/modbus/profile.ts';

const one = (lines: string, head = '') => `${head}points:\n  - name: t\n${lines}`;

describe('modbus profile', () => {
  it('reads points, 40001 notation, intervals and limits', () => {
    const p = parseProfile(
      `addressing: modicon
order: CDAB
limits: {maxRegisters: 50, maxGap: 4}
intervals: {fast: 200ms}
points:
  - {name: power, address: 40001, type: float32, unit: kW, interval: fast, deadband: 0.5}
  - {name: level, function: input, address: 30010, type: uint16, scale: 0.1, onChange: true}
  - {name: far, address: 465536, type: uint16}
  - {name: pump, function: coil, address: 1, writable: true}
  - {name: alarm, address: 40005, type: uint16, bit: 3}
`,
      'm.yaml',
    );
    expect(p.points.map((q) => [q.name, q.fn, q.address, q.registers, q.order, q.interval])).toEqual([
      ['power', 3, 0, 2, 'CDAB', 'fast'],
      ['level', 4, 9, 1, 'CDAB', 'default'],
      ['far', 3, 65_535, 1, 'CDAB', 'default'],
      ['pump', 1, 0, 1, 'CDAB', 'default'],
      ['alarm', 3, 4, 1, 'CDAB', 'default'],
    ]);
    expect(p.limits).toEqual({ maxRegisters: 50, maxCoils: 2000, maxGap: 4 });
    expect({ ...p.intervalsMs }).toEqual({ fast: 200 });
  });

  it.each<[string, string, RegExp]>([
    ['no YAML', 'points: [', /^m\.yaml:\d+: /],
    ['no map', '- a', /^m\.yaml:1: a profile is a map with the key points/],
    ['no points', 'order: ABCD', /points: a list of at least one point is needed/],
    ['unknown key', 'colour: red\npoints: [{name: a, address: 1}]', /^m\.yaml:1: unknown key "colour"; known are addressing/],
    ['unknown key of a point', one('    address: 1\n    typ: int16'), /^m\.yaml:4: point "t": unknown key "typ"/],
    ['type', one('    address: 1\n    type: int12'), /^m\.yaml:4: point "t": type "int12": use bool, int16/],
    ['function', one('    address: 1\n    function: constructor'), /^m\.yaml:4: point "t": function "constructor": use coil/],
    ['order', one('    address: 1\n    order: big'), /^m\.yaml:4: point "t": order "big": use ABCD, DCBA, CDAB, BADC/],
    ['address', one('    address: 70000'), /^m\.yaml:3: point "t": address "70000": a whole number from 0 to 65535/],
    ['address text', one('    address: abc'), /^m\.yaml:3: point "t": address "abc"/],
    ['no address', one('    type: int16'), /^m\.yaml:2: point "t": address "undefined"/],
    ['value beyond the last register', one('    address: 65535\n    type: float64'), /^m\.yaml:3: point "t": address/],
    [
      '40001 of another function',
      one('    address: 30001', 'addressing: modicon\n'),
      /^m\.yaml:4: point "t": address 30001 does not belong to function holding/,
    ],
    ['string without length', one('    address: 1\n    type: string'), /point "t": a string needs registers/],
    ['half a register', one('    address: 1\n    type: string\n    registers: 2.5'), /registers "2.5": a whole number from 1 to 125/],
    [
      'longer than a request',
      one('    address: 1\n    type: string\n    registers: 20', 'limits: {maxRegisters: 10}\n'),
      /it takes 20 registers, and limits allow 10/,
    ],
    ['bit of a float', one('    address: 1\n    type: float32\n    bit: 1'), /^m\.yaml:5: point "t": bit 1: bits are taken of integers/],
    ['bit beyond', one('    address: 1\n    type: uint16\n    bit: 16'), /^m\.yaml:5: point "t": bit 16/],
    ['interval', one('    address: 1\n    interval: toString'), /^m\.yaml:4: point "t": interval "toString" is not in intervals/],
    ['interval 0', `intervals: {a: 0}\n${one('    address: 1')}`, /^m\.yaml:1: interval a: /],
    ['intervals', `intervals: 5\n${one('    address: 1')}`, /^m\.yaml:1: intervals: a map/],
    ['limits', `limits: 5\n${one('    address: 1')}`, /^m\.yaml:1: limits: a map/],
    ['limit name', `limits: {maxRegs: 5}\n${one('    address: 1')}`, /^m\.yaml:1: limits: unknown key "maxRegs"/],
    ['writable input', one('    address: 1\n    function: input\n    writable: true'), /^m\.yaml:5: point "t": input cannot be written/],
    ['writable text', one('    address: 1\n    writable: "yes"'), /^m\.yaml:4: point "t": writable "yes": true or false/],
    ['scale 0', one('    address: 1\n    scale: 0'), /^m\.yaml:4: point "t": scale 0/],
    ['deadband', one('    address: 1\n    deadband: -1'), /^m\.yaml:4: point "t": deadband "-1"/],
    ['name', 'points:\n  - name: 2nd\n    address: 1', /^m\.yaml:2: point "2nd": name must be letters/],
    [
      'name twice',
      'points:\n  - {name: a, address: 1}\n  - {name: a, address: 2}',
      /^m\.yaml:3: point "a": the name is used in line 2 already/,
    ],
    [
      'coil type',
      one('    address: 1\n    function: coil\n    type: int16'),
      /^m\.yaml:5: point "t": coils and discrete inputs are of type bool/,
    ],
  ])('names file, line and point of a mistake: %s', (_what, text, error) => {
    expect(() => parseProfile(text, 'm.yaml')).toThrow(error);
  });

  it('reports all mistakes at once', () => {
    expect(() => parseProfile('points:\n  - {name: a, address: -1}\n  - {name: b, address: 1, type: x}', 'm.yaml')).toThrow(
      /^m\.yaml:2: point "a".*\nm\.yaml:3: point "b"/,
    );
  });

  it('any text is a profile or an Error, never a crash', () => {
    const word = fc.constantFrom(
      'points',
      'name',
      'address',
      'a',
      '1',
      '-1',
      '40001',
      'type',
      'string',
      'limits',
      '{',
      '}',
      '[',
      ']',
      ':',
      '- ',
      '\n',
      '  ',
      ', ',
      '&x',
      '*x',
      '!!map',
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        try {
          parseProfile(words.join(''), 'f.yaml');
        } catch (error) {
          if (!(error as Error).message.startsWith('f.yaml:')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('modbus blocks', () => {
  const point = (i: number, fn: 1 | 2 | 3 | 4, address: number, registers: number): Point => ({
    name: `p${i}`,
    fn,
    address,
    registers,
    type: 'string',
    order: 'ABCD',
    bit: undefined,
    bits: 1,
    scale: 1,
    offset: 0,
    unit: '',
    interval: 'default',
    deadband: 0,
    onChange: false,
    writable: false,
    line: 1,
  });

  it('never exceed the limits, cover every point, and read no wider hole than allowed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom<1 | 2 | 3 | 4>(1, 2, 3, 4), fc.nat(400), fc.integer({ min: 1, max: 8 })), { maxLength: 80 }),
        fc.integer({ min: 8, max: 125 }),
        fc.integer({ min: 8, max: 2000 }),
        fc.nat(20),
        (list, maxRegisters, maxCoils, maxGap) => {
          const points = list.map(([fn, address, registers], i) => point(i, fn, address, fn <= 2 ? 1 : registers));
          const blocks = mergeBlocks(points, { maxRegisters, maxCoils, maxGap });
          expect(
            blocks
              .flatMap((b) => b.points)
              .map((p) => p.name)
              .sort(),
          ).toEqual(points.map((p) => p.name).sort());
          for (const b of blocks) {
            expect(b.count).toBeLessThanOrEqual(b.fn <= 2 ? maxCoils : maxRegisters);
            let end = b.address;
            for (const p of b.points) {
              expect(p.fn).toBe(b.fn);
              expect(p.address).toBeGreaterThanOrEqual(b.address);
              expect(p.address + p.registers).toBeLessThanOrEqual(b.address + b.count);
              expect(p.address - end).toBeLessThanOrEqual(maxGap);
              end = Math.max(end, p.address + p.registers);
            }
            expect(end).toBe(b.address + b.count);
          }
        },
      ),
    );
  });
});

// Presets of the serial source: published telegrams read right, however they are cut; damaged ones never give a value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePortProps, sourceOptions } from '../../../../src/connectors/serial/options.ts';
import { type PresetProps, presets } from '../../../../src/connectors/serial/presets/index.ts';
import type { Row } from '../../../../src/data/value.ts';
import * as v from './vectors.ts';

const none: PresetProps = { sentences: [], withoutChecksum: false, meters: [] };
function make(name: string, more: Partial<PresetProps> = {}) {
  const preset = presets.find((p) => p.name === name)!;
  const props = { ...none, ...more };
  const drops: string[] = [];
  const rows: Row[] = [];
  const framer = preset.framing(props).create({}, (reason) => drops.push(reason));
  const out = (frame: Buffer) => {
    try {
      const row = preset.decode(frame, props);
      if (row) rows.push(row);
    } catch (error) {
      expect((error as { code?: string }).code).toBe('DECODE_FAILED');
      drops.push('undecodable');
    }
  };
  return { rows, drops, framer, push: (bytes: Uint8Array) => framer.push(bytes, out) };
}
const read = (name: string, bytes: Uint8Array, more?: Partial<PresetProps>) => {
  const m = make(name, more);
  m.push(bytes);
  return { rows: m.rows, drops: m.drops };
};

describe('preset dsmr', () => {
  // @covers issue:19#8
  it('reads the example of the standard: columns by code, units, times with their zone', () => {
    const { rows, drops } = read('dsmr', v.DSMR5);
    expect(drops).toEqual([]);
    expect(rows).toHaveLength(1);
    const { units, ...row } = rows[0]!;
    expect(row).toEqual({
      meter: 'ISk5\\2MT382-1000',
      version: '50',
      time: '2010-12-09T11:30:20+01:00',
      meter_id: 'K8EG004046395507',
      energy_import_t1: 123456.789,
      energy_import_t2: 123456.789,
      energy_export_t1: 123456.789,
      energy_export_t2: 123456.789,
      tariff: 2n,
      power_import: 1.193,
      power_export: 0,
      power_failures: 4n,
      long_power_failures: 2n,
      voltage_sags_l1: 2n,
      voltage_sags_l2: 1n,
      voltage_sags_l3: 0n,
      voltage_swells_l1: 0n,
      voltage_swells_l2: 3n,
      voltage_swells_l3: 0n,
      message: '0123456789:;<=>?'.repeat(5),
      voltage_l1: 220.1,
      voltage_l2: 220.2,
      voltage_l3: 220.3,
      current_l1: 1,
      current_l2: 2,
      current_l3: 3,
      power_import_l1: 1.111,
      power_import_l2: 2.222,
      power_import_l3: 3.333,
      power_export_l1: 4.444,
      power_export_l2: 5.555,
      power_export_l3: 6.666,
      submeter1_type: 'gas',
      submeter1_id: '2222ABCD123456789',
      submeter1_value: 12785.123,
      submeter1_time: '2010-12-09T11:25:00+01:00',
    });
    expect(units).toMatchObject({ energy_import_t1: 'kWh', power_import: 'kW', voltage_l1: 'V', submeter1_value: 'm³' });
  });

  it('a telegram without a checksum is taken only when it is asked for', () => {
    expect(read('dsmr', v.DSMR2)).toEqual({ rows: [], drops: ['no checksum'] });
    const { rows, drops } = read('dsmr', v.DSMR2, { withoutChecksum: true });
    expect(drops).toEqual([]);
    expect(rows[0]).toMatchObject({
      meter: 'KMP5 KA6U001585575011',
      energy_import_t1: 185,
      power_import: 0.98,
      submeter1_type: 'gas',
      submeter1_value: 24.123,
      submeter1_time: '2012-10-30T14:00:00',
      units: { submeter1_value: 'm³' },
    });
  });

  it('a changed digit of the reading is dropped, as are a telegram without end and the rest of a first one', () => {
    const damaged = Buffer.from(v.DSMR5.toString('latin1').replace('1.8.1(123456.789', '1.8.1(923456.789'), 'latin1');
    expect(read('dsmr', damaged)).toEqual({ rows: [], drops: ['wrong checksum'] });
    const { rows, drops } = read('dsmr', Buffer.concat([v.DSMR5.subarray(300), v.DSMR5.subarray(0, 400), v.DSMR5]));
    expect([rows.length, drops]).toEqual([1, ['wrong checksum']]);
    expect(read('dsmr', Buffer.concat([v.DSMR5.subarray(0, v.DSMR5.indexOf('1-0:1.8.2')), v.DSMR5]))).toMatchObject({
      rows: [{ version: '50' }],
      drops: ['a telegram without its end'],
    });
  });
});

describe('preset sml', () => {
  it('reads what meters sent: scaler, signed values of any width, units', () => {
    const emh = read('sml', v.SML_EMH);
    expect(emh.drops).toEqual([]);
    expect(emh.rows).toHaveLength(1);
    expect(emh.rows[0]).toMatchObject({
      meter: '0901454d48000041f045',
      energy_import: 15338555.7,
      energy_import_t1: 15338555.7,
      energy_import_t2: 0,
      power: 563.5,
      units: { energy_import: 'Wh', power: 'W' },
    });
    const { rows } = read('sml', v.SML_PHASES);
    expect(rows[0]).toMatchObject({
      energy_import: 22462413.6,
      energy_import_t2: 0,
      power: 168n,
      power_l1: 117n,
      power_l2: 22n,
      power_l3: 29n,
    });
  });

  it('a fill byte count above 3, a broken check sum and a start within a frame give nothing', () => {
    const bad = Buffer.from(v.SML_EMH);
    bad[bad.length - 3] = 4;
    expect(read('sml', bad).rows).toEqual([]);
    expect(read('sml', Buffer.concat([v.SML_EMH.subarray(0, 100), v.SML_EMH])).rows).toHaveLength(1);
  });
});

describe('preset mbus', () => {
  it('reads the water meter of the documentation: header, storage, tariff, unit, power of ten', () => {
    expect(read('mbus', v.MBUS_WATER)).toEqual({
      drops: [],
      rows: [
        {
          address: 2n,
          id: '12345678',
          manufacturer: 'PAD',
          version: 1n,
          medium: 'water',
          access_number: 85n,
          status: 0n,
          volume: 12.565,
          volume_flow_max_s5: 0.113,
          energy_t2_u1: 218370n,
          units: { volume: 'm³', volume_flow_max_s5: 'm³/h', energy_t2_u1: 'Wh' },
          more: false,
        },
      ],
    });
  });

  const frame = (records: string) => {
    const body = Buffer.from(`080178${records}`, 'hex');
    const sum = body.reduce((a, b) => (a + b) & 0xff, 0);
    return Buffer.concat([Buffer.from([0x68, body.length, body.length, 0x68]), body, Buffer.from([sum, 0x16])]);
  };
  const rowOf = (records: string) => {
    const { rows } = read('mbus', frame(records));
    const { address: _a, units: _u, more: _m, ...row } = rows[0]!;
    return row;
  };
  it.each([
    // 8, 16, 24, 32, 48, 64 bits, signed
    ['01 5b f6', { flow_temperature: -10n }],
    ['02 5a c7 ff', { flow_temperature: -5.7 }],
    ['04 06 39 30 00 00', { energy: 12345000n }],
    ['06 13 ff ff ff ff ff ff', { volume: -0.001 }],
    ['07 06 01 00 00 00 00 00 00 00', { energy: 1000n }],
    // BCD of each length, negative, and letters that are no number
    ['0c 13 78 56 34 12', { volume: 12345.678 }],
    ['0a 5a 05 f0', { flow_temperature: -0.5 }],
    ['0a 5a 0a 00', { flow_temperature: null }],
    ['0e 06 56 34 12 90 78 00', { energy: 7890123456000n }],
    // real, variable length, function, storage, tariff
    ['05 2e 00 00 48 42', { power: 50000 }],
    ['0d fd 11 03 43 42 41', { customer: 'ABC' }],
    ['52 59 10 27', { flow_temperature_max_s1: 100 }],
    ['84 10 06 01 00 00 00', { energy_t1: 1000n }],
    // dates
    ['42 6c 9f 1c', { date_s1: '2012-12-31' }],
    ['04 6d 1e 0b 61 15', { time: '2011-05-01T11:30' }],
    ['04 6d 9e 0b 61 15', { time: null }],
    // tables behind fd and fb, a unit in words, an extension that nobody knows
    ['02 fd 48 e8 08', { voltage: 228 }],
    ['03 fd 59 e8 03 00', { current: 1 }],
    ['04 fb 01 0a 00 00 00', { energy: 10n }],
    ['02 7c 03 48 57 6b 05 00', { value: 5n }],
    ['04 86 3b 01 00 00 00', { energy_forward: 1000n }],
    ['04 86 12 01 00 00 00', { energy_vife_12: 1n }],
    ['01 ff 55 07', { manufacturer_data_vife_55: 7n }],
  ])('record %s', (hex, row) => {
    expect(rowOf(hex.replaceAll(' ', ''))).toEqual(row);
  });

  it('asks with a bit that changes with each answer, and takes only 0 to 250 as addresses', () => {
    const { requests } = presets.find((p) => p.name === 'mbus')!;
    const [first] = requests!({ ...none, meters: ['5'] });
    expect(first!.bytes.toString('hex')).toBe('105b056016');
    expect(first!.bytes.toString('hex')).toBe('105b056016');
    first!.answered!();
    expect(first!.bytes.toString('hex')).toBe('107b058016');
    for (const wrong of ['251', '-1', 'x', '1.5'])
      expect(() => requests!({ ...none, meters: [wrong] })).toThrow('is not a primary address: 0 to 250');
  });
});

describe('preset nmea0183', () => {
  it('reads positions, times and speeds; a void fix has no position', () => {
    const { rows, drops } = read('nmea0183', v.NMEA);
    expect(drops).toEqual([]);
    expect(rows[0]).toEqual({
      talker: 'GP',
      sentence: 'GGA',
      time: '12:35:19',
      latitude: 48 + 7.038 / 60,
      longitude: 11 + 31 / 60,
      quality: 1n,
      satellites: 8n,
      hdop: 0.9,
      altitude_m: 545.4,
      geoid_separation_m: 46.9,
    });
    expect(rows[1]).toMatchObject({
      sentence: 'RMC',
      valid: true,
      date: '1994-11-19',
      longitude: -(123 + 11.12 / 60),
      speed_kn: 0.5,
      variation: 20.3,
    });
    expect(rows[2]).toMatchObject({ sentence: 'VTG', course: 54.7, speed_kmh: 10.2 });
    const voided = read('nmea0183', Buffer.from('$GPRMC,225446,V,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E*7F\r\n'));
    expect(voided.rows[0]).toMatchObject({ valid: false, latitude: null, longitude: null, speed_kn: null });
  });

  it('sentences that are not wanted are neither rows nor drops, unknown ones are lists', () => {
    expect(read('nmea0183', v.NMEA, { sentences: ['rmc'] })).toMatchObject({ drops: [], rows: [{ sentence: 'RMC' }] });
    expect(read('nmea0183', Buffer.from('$GPXYZ,1,,a*30\r\n')).rows).toEqual([{ talker: 'GP', sentence: 'XYZ', fields: ['1', '', 'a'] }]);
    expect(read('nmea0183', Buffer.from('$GPGGA,123519,9107.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n')).rows).toEqual([]);
  });
});

describe('preset vedirect', () => {
  it('reads a block with HEX messages before, within and behind it', () => {
    const hex = Buffer.from(':7F0ED0071D8\n');
    const mixed = Buffer.concat([hex, v.VEDIRECT_MPPT.subarray(0, 40), hex, v.VEDIRECT_MPPT.subarray(40), hex, v.VEDIRECT_MPPT]);
    const { rows, drops } = read('vedirect', mixed);
    expect(drops).toEqual([]);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      PID: '0xA053',
      SER_: 'HQ2132QY2KR',
      V: 13790n,
      I: -10n,
      LOAD: 'ON',
      units: { V: 'mV', I: 'mA', H19: '0.01 kWh' },
    });
    expect(rows[1]).toEqual(rows[0]);
  });

  it('a block that was heard from its middle on is passed over without a word, a wrong sum is counted', () => {
    expect(read('vedirect', Buffer.concat([v.VEDIRECT_MPPT.subarray(30), v.VEDIRECT_MPPT]))).toMatchObject({
      drops: [],
      rows: [{ V: 13790n }],
    });
    const bad = Buffer.from(v.VEDIRECT_MPPT.toString('latin1').replace('13790', '13798'), 'latin1');
    expect(read('vedirect', bad)).toEqual({ rows: [], drops: ['wrong checksum'] });
  });
});

describe('preset iec62056-21', () => {
  it('reads a block, and values of earlier periods under names of their own', () => {
    expect(read('iec62056-21', v.IEC_BLOCK)).toMatchObject({
      drops: [],
      rows: [
        { meter_id: '12345678', energy_import: 1234.56, energy_import_period_01: 1200, energy_export: 0, units: { energy_import: 'kWh' } },
      ],
    });
    const bad = Buffer.from(v.IEC_BLOCK);
    bad[30]! ^= 1;
    expect(read('iec62056-21', bad)).toEqual({ rows: [], drops: ['wrong checksum'] });
  });
});

describe('presets scale and barcode', () => {
  it.each([
    ['S S     100.00 g', { weight: 100, unit: 'g', stable: true }],
    ['S D      -1.50 kg', { weight: -1.5, unit: 'kg', stable: false }],
    ['ST,+00123.45  g', { weight: 123.45, unit: 'g', stable: true }],
    ['US,-00000.00  g', { weight: 0, unit: 'g', stable: false }],
    ['ST,GS,+  12.5kg', { weight: 12.5, unit: 'kg', stable: true }],
    ['-   29.186 g  ', { weight: -29.186, unit: 'g', stable: true }],
    ['N     +   123.45 g  ', { weight: 123.45, unit: 'g', stable: true }],
    ['+   12,345 g  ', { weight: 12.345, unit: 'g', stable: true }],
    ['+   12.345    ', { weight: 12.345, unit: null, stable: false }],
    ['S +', { weight: null, stable: false, status: 'S +' }],
    ['OL,+9999999  g', { weight: null, stable: false }],
  ])('line %j', (line, row) => {
    const { rows, drops } = read('scale', Buffer.from(`${line}\r\n`));
    expect(drops).toEqual([]);
    expect(rows[0]).toMatchObject(row);
  });

  it.each(['0.00 g', 'S S     10.00 g', 'S S 1e5 g', '100.00', 'S S   1 00.00 g', 'ST,+0123.45  g', 'hello', '+   12.34 g  '])(
    'part of a line or a line with a lost character is no weight: %j',
    (line) => {
      expect(read('scale', Buffer.from(`${line}\r\n`))).toEqual({ rows: [], drops: ['undecodable'] });
    },
  );

  it('a code ends with CR, LF or a tab', () => {
    expect(read('barcode', Buffer.from('4006381333931\r\nAB-1\t\x02X\x03\r')).rows).toEqual([
      { code: '4006381333931' },
      { code: 'AB-1' },
      { code: 'X' },
    ]);
  });
});

const vouched: [string, Buffer][] = [
  ['dsmr', v.DSMR5],
  ['sml', v.SML_EMH],
  ['sml', v.SML_PHASES],
  ['mbus', v.MBUS_WATER],
  ['nmea0183', v.NMEA],
  ['vedirect', v.VEDIRECT_MPPT],
  ['iec62056-21', v.IEC_BLOCK],
];

describe('every preset', () => {
  it.each(vouched)('%s reads the same however the bytes are cut, with noise around them', (name, bytes) => {
    const right = read(name, bytes).rows;
    expect(right.length).toBeGreaterThan(0);
    const noise = fc
      .uint8Array({ maxLength: 40 })
      .map((n) => n.filter((b) => !'/$!:'.includes(String.fromCharCode(b)) && ![2, 0x68, 0x10, 0x1b].includes(b)));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 }), noise, (cuts, before) => {
        const m = make(name);
        // a block of VE.Direct right behind noise may be heard from its middle on: the next one is whole
        m.push(Buffer.concat([before, Buffer.from('\r\n')]));
        const all = Buffer.concat([bytes, bytes]);
        for (let at = 0, i = 0; at < all.length; i++) {
          const size = cuts[i % cuts.length]!;
          m.push(all.subarray(at, at + size));
          at += size;
        }
        const rows = m.rows.slice(-right.length);
        expect(rows).toEqual(right);
        for (const row of m.rows) expect(right).toContainEqual(row);
      }),
      { numRuns: 40 },
    );
  });

  it.each(vouched)('%s gives nothing for a telegram with a changed byte but what the telegram says', (name, bytes) => {
    const right = read(name, bytes).rows;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes);
        damaged[at]! ^= change;
        for (const row of read(name, damaged).rows) expect(right).toContainEqual(row);
      }),
      { numRuns: 300 },
    );
  });

  it.each(presets.map((p) => p.name))('%s holds little and ends soon on any noise', (name) => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 500 }), { maxLength: 40 }), (chunks) => {
        const m = make(name);
        for (const chunk of chunks) m.push(chunk);
        expect(m.framer.held).toBeLessThan(40_000);
      }),
      { numRuns: 40 },
    );
    const m = make(name);
    for (let i = 0; i < 30; i++) m.push(Buffer.alloc(5000, '/\x02h\x1b$'));
    expect(m.framer.held).toBeLessThan(40_000);
  });

  it('brings its line, unless the user says otherwise', () => {
    const line = (raw: Record<string, unknown>) => parsePortProps('serial source', sourceOptions, { port: '/dev/x', ...raw }).line;
    expect(line({ preset: 'dsmr' })).toMatchObject({ baudRate: 115_200, dataBits: 8, parity: 'none' });
    expect(line({ preset: 'iec62056-21' })).toMatchObject({ baudRate: 300, dataBits: 7, parity: 'even' });
    expect(line({ preset: 'dsmr', baudRate: 9600, mode: '7E1' })).toMatchObject({ baudRate: 9600, dataBits: 7, parity: 'even' });
    expect(() => line({ preset: 'dsmr', framing: 'slip' })).toThrow('properties preset and framing exclude each other');
    expect(() => line({ preset: 'dsmr', pattern: 'x' })).toThrow('properties preset and pattern exclude each other');
    expect(() => line({ preset: 'dlms' })).toThrow('is not one of');
  });
});

// Register maps of other programs become profiles that read the same values; what cannot be said is reported with its reason.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { importMaps } from '../../../src/connectors/modbus/import/index.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { type Registers, readRegisters } from './read-registers.ts';

const read = (text: string, file: string, registers: Registers, variant = 0) => {
  const { format, profiles } = importMaps(text, file, undefined, variant);
  const profile = profiles[0]!;
  return { format, profile, values: readRegisters(parseProfile(profile.text, file), registers) };
};

const solarman = `
info: {manufacturer: Acme, model: Sun 5}
default: {update_interval: 5, max_size: 60}
parameters:
  - group: solar
    items:
      - {name: PV1 Power, uom: W, scale: 10, rule: 1, registers: [0x10]}
      - {name: Total Production, uom: kWh, scale: 0.1, rule: 3, registers: [0x11, 0x12]}
      - {name: Grid Power, uom: W, scale: 1, rule: 4, inverted: 1, registers: [0x14, 0x13]}
      - {name: Temperature, uom: °C, scale: 0.1, offset: 1000, rule: 1, registers: [0x15]}
      - {name: Current, uom: A, scale: [0.1, 0.01], rule: 2, magnitude: true, registers: [0x16], code: 0x04}
      - {name: State, rule: 1, registers: [0x17], lookup: [{key: 0, value: off}, {key: [1, 2], value: on}]}
      - {name: Serial, rule: 5, registers: [0x18, 0x19, 0x1A]}
      - {name: Limited, rule: 1, scale: 1, registers: [0x1B], validation: {min: 5, max: 50}}
      - {name: Relay, rule: 1, registers: [0x1C], bit: 3}
      - {name: Big Only, rule: 1, registers: [[], [0x1D]]}
      - {name: Clock, rule: 8, registers: [0x20, 0x21, 0x22]}
      - {name: Apart, rule: 3, registers: [0x30, 0x40]}
      - {name: Far, rule: 3, registers: [0x30, 0x400]}
      - {name: Load, rule: 1, sensors: [{registers: [1]}, {registers: [2]}]}
      - {name: High, rule: 1, mask: 0xFF00, registers: [0x50]}
`;
const solarmanRegisters: Registers = {
  'holding 16': [123, 0x0001, 0x0002, 0xffff, 0xff9c, 1235],
  'input 22': [0x8005],
  'holding 48': [0x0005],
  'holding 64': [0x0001],
  'holding 23': [2, 0x4142, 0x4300, 0, 51, 8, 77],
};

const evcc = `
template: acme-hybrid
products:
  - brand: Acme
    description: {generic: Hybrid 10}
params:
  - name: usage
    choice: ["grid", "pv"]
  - name: modbus
render: |
  type: custom
  {{- if eq .usage "grid" }}
  power:
    source: modbus
    {{- include "modbus" . | indent 2 }}
    register:
      address: 100 # Watt
      type: input
      decode: int32s
    scale: -1
  currents:
    - source: modbus
      register:
        address: 104
        type: input
        decode: uint16nan
      scale: 0.1
  {{- end }}
  {{- if eq .usage "pv" }}
  power:
    source: calc
    add:
      - source: modbus
        register: {address: 0x70, type: holding, decode: float32s}
      - source: modbus
        register: {address: 0x72, type: holding, encoding: uint32}
        scale: 0.001
  {{- end }}
  energy:
    source: modbus
    register:
      address: {{ .register }}
      type: holding
      decode: uint32
  soc:
    source: sunspec
    value: 124:ChaState
  mode:
    source: modbus
    register: {address: 200, type: writesingle, encoding: uint16, bitmask: 0x00f0}
`;

const wirenboard = `{
  // a meter
  "device_type": "acme_m3",
  "title": "Acme M3",
  "group": "g-power-meter",
  "device": {
    "name": "Acme M3", "id": "m3", "max_read_registers": 40, "max_reg_hole": 8, "frame_timeout_ms": 20,
    "channels": [
      {"name": "Urms L1", "reg_type": "input", "address": "0x1410", "type": "voltage", "format": "u32", "scale": 0.01, "word_order": "little_endian"},
      {"name": "Temperature", "reg_type": "input", "address": 5, "type": "temperature", "format": "s16", "scale": 0.1, "error_value": "0x7FFF", "units": "deg C"},
      {"name": "Relay", "reg_type": "coil", "address": 2, "type": "switch"},
      {"name": "Field", "reg_type": "holding", "address": "7:4:3", "type": "value"},
      {"name": "Serial", "reg_type": "input", "address": 20, "type": "text", "format": "string", "string_data_size": 4},
      {"name": "Both", "consists_of": [{"reg_type": "input", "address": 1}], "type": "rgb"},
      {"name": "Odd", "reg_type": "input", "address": 9, "format": "bcd24"},
    ],
    "parameters": {"mode": {"title": "Mode", "address": 30, "enum": [0, 2], "enum_titles": ["slow", "fast"]}}
  }
}`;

const homeAssistant = `
modbus:
  - name: plant
    type: tcp
    host: !secret host
    sensors:
      - {name: Voltage, device_address: 1, address: 10, input_type: input, data_type: float32, swap: word, unit_of_measurement: V}
      - {name: Outside, slave: 1, address: 12, scale: 0.1, offset: -40, nan_value: 0x8000, min_value: 0}
      - {name: Serial, slave: 1, address: 13, data_type: string, count: 2}
      - {name: Cell, slave: 1, address: 40, data_type: uint16, virtual_count: 2}
      - {name: Pair, slave: 1, address: 50, data_type: custom, structure: ">hh", count: 2}
    binary_sensors:
      - {name: Door, slave: 1, address: 3, input_type: discrete_input}
    switches:
      - {name: Pump, slave: 1, address: 4, write_type: coil}
    climates:
      - {name: Room, slave: 2, address: 1, data_type: int16, scale: 0.1, target_temp_register: 2}
    covers:
      - {name: Blind, slave: 2, address: 9}
`;

describe('register maps of other programs', () => {
  // @covers issue:19#7
  it('a definition of ha-solarman reads word order, sign, offset, state and text as its program does', () => {
    const { format, profile, values } = read(solarman, 'acme.yaml', solarmanRegisters);
    expect(format).toBe('solarman');
    expect(values).toEqual({
      pv1_power: 1230n,
      total_production: 13107.3,
      grid_power: 100n,
      temperature: 23.5,
      current: -0.5,
      state: 'on',
      serial: 'ABC',
      limited: '51 is outside 5 to 50',
      relay: true,
      // low word first, as the list says
      apart: 65_541n,
    });
    expect(parseProfile(profile.text, 'x').about).toMatchObject({ maker: 'Acme', model: 'Sun 5', kind: 'inverter', seenOnHardware: false });
    expect(parseProfile(profile.text, 'x').limits.maxRegisters).toBe(60);
    expect(profile.unsaid.map((u) => `${u.point}: ${u.reason}`)).toEqual([
      'Big Only: is not there in variant 0',
      'Clock: rule 8 (date and time) has no counterpart; read its registers and put them together in SQL',
      'Load: is calculated out of several registers; read each as a point and add in SQL',
      'High: the mask 0xff00 has no counterpart; use bit and bits',
      'Far: its registers must be read in one request, and limits allow 60',
    ]);
    expect(profile.remarks).toEqual([{ point: 'Current', reason: 'differs between models; it is as in variant 0' }]);
  });

  it('the variant of a ha-solarman definition chooses registers and scales', () => {
    const { values } = read(solarman, 'acme.yaml', solarmanRegisters, 1);
    expect(values).toMatchObject({ current: -0.05, big_only: 77n });
  });

  it('a template of evcc reads every branch, with the usage in the name, and reports parameters and SunSpec points', () => {
    const { format, profile, values } = read(evcc, 'acme.yaml', {
      'input 100': [0xff9c, 0xffff],
      'input 104': [0xffff],
      'holding 112': [0, 0x4120, 0, 5000],
      'holding 200': [0x0abc],
    });
    expect(format).toBe('evcc');
    expect(profile.id).toBe('acme-hybrid');
    expect(values).toEqual({ grid_power: 100n, grid_currents_1: 'not available', pv_power_add_1: 10, pv_power_add_2: 5, mode: 11n });
    expect(parseProfile(profile.text, 'x').points.find((p) => p.name === 'mode')!.writable).toBe(true);
    expect(parseProfile(profile.text, 'x').about).toMatchObject({ maker: 'Acme', model: 'Hybrid 10', kind: 'meter' });
    expect(profile.unsaid).toEqual([
      { point: 'energy', reason: 'its address is a parameter of the template' },
      { point: 'soc', reason: 'is a SunSpec point (124:ChaState); its address is found on the device only' },
    ]);
    expect(profile.remarks).toEqual([{ point: 'pv power', reason: 'the source calc is left out; the registers it uses are points' }]);
  });

  it('a template of wirenboard reads orders, fields, error values, states and one character a register', () => {
    const { format, profile, values } = read(wirenboard, 'm3.json', {
      'input 5136': [0x5a0a, 0],
      'input 5': [0x7fff],
      'coil 2': [1],
      'holding 7': [0x0050],
      'input 20': [0x53, 0x4e, 0x34, 0x32],
      'holding 30': [2],
    });
    expect(format).toBe('wirenboard');
    expect(values).toEqual({ urms_l1: 230.5, temperature: 'not available', relay: true, field: 5n, serial: 'SN42', mode: 'fast' });
    const { points, limits, about } = parseProfile(profile.text, 'x');
    expect(points.filter((p) => p.writable).map((p) => p.name)).toEqual(['relay', 'mode']);
    expect(limits).toMatchObject({ maxRegisters: 40, maxGap: 8 });
    expect(about).toMatchObject({ model: 'Acme M3', kind: 'meter' });
    expect(profile.unsaid.map((u) => u.point)).toEqual(['Both', 'Odd']);
    expect(profile.remarks).toEqual([{ point: 'frame_timeout_ms', reason: 'set it at the device of the stream (timeout, gap): 20' }]);
  });

  it("Home Assistant's modbus YAML makes a profile for each unit", () => {
    const { profiles } = importMaps(homeAssistant, 'configuration.yaml');
    expect(profiles.map((p) => [p.id, p.points])).toEqual([
      ['plant-unit-1', 8],
      ['plant-unit-2', 2],
    ]);
    const first = readRegisters(parseProfile(profiles[0]!.text, 'x'), {
      'input 10': [0, 0x4366],
      'holding 12': [625, 0x5831, 0x3200],
      'holding 40': [1, 2, 3],
      'discrete 3': [1],
      'coil 4': [1],
    });
    expect(first).toEqual({ voltage: 230, outside: 22.5, serial: 'X12', cell: 1n, cell_1: 2n, cell_2: 3n, door: true, pump: true });
    const room = parseProfile(profiles[1]!.text, 'x');
    expect(readRegisters(room, { 'holding 1': [215, 220] })).toEqual({ room: 21.5, room_target: 22 });
    expect(room.points.map((p) => [p.name, p.writable])).toEqual([
      ['room', false],
      ['room_target', true],
    ]);
    expect(profiles[0]!.unsaid).toEqual([{ point: 'Pair', reason: 'the structure ">hh" is not one value' }]);
    expect(profiles[1]!.unsaid).toEqual([{ point: 'Blind', reason: 'covers have no counterpart' }]);
    expect(profiles[0]!.remarks.map((r) => r.point)).toEqual(['Outside']);
  });

  it('points of one name get different columns, and a point named device does not hide the column of the device', () => {
    const items =
      '[{name: A b, rule: 1, registers: [1]}, {name: a_b, rule: 1, registers: [2]}, {name: device, rule: 1, registers: [3]}, {name: Ток, rule: 1, registers: [4]}]';
    const { profile } = read(`parameters: [{group: g, items: ${items}}]`, 'a.yaml', {});
    expect(parseProfile(profile.text, 'x').points.map((p) => p.name)).toEqual(['a_b', 'a_b_2', 'device_2', 'holding_4']);
  });

  it.each([
    ['a: 1', 'a.yaml', /^a\.yaml looks like none of solarman, evcc, wirenboard, homeassistant/],
    ['{% for i in [] %}{}', 'b.json.jinja', /^b\.json\.jinja is a Jinja template/],
    ['{"a": ', 'c.json', /^c\.json cannot be read: /],
  ])('a file that is no map is refused in words: %s', (text, file, message) => {
    expect(() => importMaps(text, file)).toThrow(message);
  });

  // The public collections are not part of the repository: KUIPER_PUBLIC_MAPS names a folder with solarman/, evcc/ and wirenboard/.
  // @covers issue:19#7
  it('every public map of the collections that are there imports without an error, or the test says that they are absent', () => {
    const folder = process.env['KUIPER_PUBLIC_MAPS'];
    if (!folder || !existsSync(folder)) {
      console.log('The public register maps are absent: set KUIPER_PUBLIC_MAPS to a folder with solarman/, evcc/, wirenboard/.');
      expect(folder === undefined || !existsSync(folder)).toBe(true);
      return;
    }
    const atLeast = { solarman: 30, evcc: 100, wirenboard: 200 } as const;
    for (const format of Object.keys(atLeast) as (keyof typeof atLeast)[]) {
      const files = readdirSync(path.join(folder, format), { recursive: true, encoding: 'utf8' }).filter((f) => /\.(ya?ml|json)$/.test(f));
      let imported = 0;
      let points = 0;
      let unsaid = 0;
      for (const file of files) {
        const text = readFileSync(path.join(folder, format, file), 'utf8');
        if (format === 'evcc' && !text.includes('register:')) continue;
        const done = importMaps(text, path.basename(file));
        expect([file, done.format]).toEqual([file, format]);
        imported++;
        for (const p of done.profiles) {
          points += p.points;
          unsaid += p.unsaid.length;
          if (p.points > 0) expect(parseProfile(p.text, file).points.length).toBe(p.points);
        }
      }
      console.log(`${format}: ${imported} files, ${points} points, ${unsaid} left out`);
      expect(imported).toBeGreaterThanOrEqual(atLeast[format]);
    }
  }, 300_000);
});

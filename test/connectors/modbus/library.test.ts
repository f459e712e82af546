// The library of profiles: every file loads, names its device and source, has no two points in one register, and reads its vector. Python's struct encoded
// the registers of library-vectors.json at the addresses of the profiles: they prove types, orders and scales. library-facts.json holds what public programs say
// of function, address, type, order of words and scale (- = nothing, or otherwise), library-published.json what real devices sent.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolders, foldersOf } from '../../../src/config/index.ts';
import { writeDefaults } from '../../../src/config/write-defaults.ts';
import { listProfiles, loadProfile, PROFILE_LIBRARY } from '../../../src/connectors/modbus/profile-file.ts';
import { type Registers, readRegisters } from './read-registers.ts';

interface Vector {
  readonly registers: Registers;
  readonly values: Readonly<Record<string, number | string>>;
}
const json = (file: string): unknown => JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8'));
const vectors = json('library-vectors.json') as Record<string, Vector>;
const facts = json('library-facts.json') as Record<
  string,
  { readonly sources: readonly string[]; readonly points: Record<string, string> }
>;
const published = json('library-published.json') as Record<string, Vector & { readonly source: string }>;
const ids = readdirSync(PROFILE_LIBRARY).map((f) => f.replace(/\.yaml$/, ''));
const nowhere = path.join(tmpdir(), 'kuiper-no-such-root');
const load = (id: string) => loadProfile(nowhere, id);
/** Integers come as bigint, and decimals may differ in the last digits. */
const plain = (v: unknown) => (typeof v === 'string' ? v : Number(Number(v).toPrecision(12)));

describe('the library of profiles', () => {
  // @covers issue:19#7
  it('has a vector for each profile, and a profile for each vector', () => {
    expect(ids.sort()).toEqual(Object.keys(vectors).sort());
    expect(ids.length).toBeGreaterThanOrEqual(60);
  });

  // @covers issue:19#7
  it.each(ids)('%s names device and source, has no two points in one register, and reads its vector', (id) => {
    const { about, points, limits } = load(id);
    expect(about).toMatchObject({
      maker: expect.stringMatching(/./),
      model: expect.stringMatching(/./),
      source: expect.stringMatching(/.{10}/),
    });
    expect(about!.seenOnHardware).toBe(false);
    const taken = new Map<string, string>();
    for (const p of points) {
      expect(p.address + p.registers).toBeLessThanOrEqual(65_536);
      expect(p.registers).toBeLessThanOrEqual(limits.maxRegisters);
      for (let i = 0; i < p.registers; i++) {
        const cell = `${p.fn}:${p.address + i}`;
        expect([p.name, taken.get(cell)]).toEqual([p.name, undefined]);
        taken.set(cell, p.name);
      }
    }
    const { registers, values } = vectors[id]!;
    expect(Object.keys(values).sort()).toEqual(points.map((p) => p.name).sort());
    const read = readRegisters(load(id), registers);
    expect(Object.fromEntries(Object.entries(read).map(([k, v]) => [k, plain(v)]))).toEqual(
      Object.fromEntries(Object.entries(values).map(([k, v]) => [k, plain(v)])),
    );
  });

  // @covers issue:19#7
  it.each(ids)('%s agrees with the public programs that it names, point by point, and names the points that they do not have', (id) => {
    const { about, points } = load(id);
    const fact = facts[id];
    expect(about!.comparedWith).toBe(fact ? fact.sources.join('; ') : '');
    if (!fact) return expect(about!.notes).toContain('not yet compared with anything');
    const functions = { 1: 'coil', 2: 'discrete', 3: 'holding', 4: 'input' };
    const ofProfile = points.map((p): [string, string] => {
      const said = fact.points[p.name]?.split(' ') ?? [];
      const own = [functions[p.fn], p.address, p.type, p.order, p.scale].map((part, i) => (said[i] === '-' ? '-' : String(part)));
      return [p.name, own.join(' ')];
    });
    const compared = ofProfile.filter(([name]) => name in fact.points);
    expect(Object.fromEntries(compared)).toEqual(fact.points);
    for (const [name] of ofProfile) if (!(name in fact.points)) expect(about!.notes).toMatch(new RegExp(`\\b${name}\\b`));
  });

  it('was compared with public programs but for one profile, nine points of ten', () => {
    expect(Object.keys(facts).length).toBeGreaterThanOrEqual(ids.length - 1);
    const compared = Object.values(facts).reduce((n, f) => n + Object.keys(f.points).length, 0);
    expect(compared / ids.reduce((n, id) => n + load(id).points.length, 0)).toBeGreaterThan(0.89);
  });

  // @covers issue:19#7
  it.each(Object.entries(published))('%s reads what was published of a real device', (id, { registers, values, source }) => {
    expect(source).toMatch(/^\S+\/\S+ \S+: /);
    const read = readRegisters(load(id), registers);
    expect(Object.fromEntries(Object.keys(values).map((name) => [name, plain(read[name])]))).toEqual(values);
  });

  it.each<[string, Registers, Record<string, unknown>]>([
    // 43 66 33 34 is the float32 of 230.2 V
    ['eastron-sdm630', { 'input 0': [0x4366, 0x3334] }, { voltage_l1: 230.20001220703125 }],
    // 0x0898 × 0.1 V, 0x03E8 mA, low word first, 0x0898 × 0.1 W, 0x01F4 × 0.1 Hz, 0x64 × 0.01
    [
      'peacefair-pzem-004t',
      { 'input 0': [0x0898, 0x03e8, 0, 0x0898, 0, 0, 0, 0x01f4, 0x0064, 0] },
      { voltage: 220, current: 1, power: 220, energy: 0n, frequency: 50, power_factor: 1, alarm: 0n },
    ],
    // 0x0131 is 30.5 °C, 0xFF33 is -20.5 °C, 0x0222 is 54.6 %
    ['xy-md02', { 'input 1': [0x0131, 0x0222] }, { temperature: 30.5, humidity: 54.6 }],
    ['xy-md02', { 'input 1': [0xff33, 0x0222] }, { temperature: -20.5, humidity: 54.6 }],
    // a sensor that is not there
    ['stiebel-isg', { 'input 506': [0x8000, 355] }, { outside_temperature: 'not available', circuit1_temperature: 35.5 }],
    // values that ABB, Huawei, Sungrow and SolarEdge send where there is none
    [
      'abb-b23',
      { 'holding 20480': [0xffff, 0xffff, 0xffff, 0xffff], 'holding 23318': [0x7fff, 0xffff] },
      { import_energy: 'not available', power_l1: 'not available' },
    ],
    [
      'huawei-sun2000',
      { 'holding 32080': [0x7fff, 0xffff], 'holding 32087': [0x7fff] },
      { power: 'not available', internal_temperature: 'not available' },
    ],
    [
      'sungrow-sg',
      { 'input 5012': [0xffff], 'input 5007': [0x7fff] },
      { pv2_voltage: 'not available', internal_temperature: 'not available' },
    ],
    [
      'solaredge-storedge',
      { 'holding 57716': [0xffff, 0xff7f], 'holding 57732': [0, 0x42a0] },
      { power: 'not available', state_of_energy: 80 },
    ],
    // at night
    ['sma-inverter', { 'input 30775': [0x8000, 0, 0x8000, 0] }, { power: 'not available', power_l1: 'not available' }],
    // the mark of E3/DC, and −1500 W with the low word first
    ['e3dc-s10', { 'holding 40000': [0xe3dc], 'holding 40073': [0xfa24, 0xffff] }, { magic: 0xe3dcn, grid_power: -1500n }],
  ])('%s reads registers that were worked out by hand', (id, registers, values) => {
    expect(readRegisters(load(id), registers)).toMatchObject(values);
  });

  it('is listed without problems, and is not copied into a root', () => {
    const root = mkdtempSync(path.join(tmpdir(), 'kuiper-library-'));
    const folders = foldersOf(root);
    createFolders(folders);
    writeDefaults(folders);
    expect(existsSync(path.join(root, 'etc/sources/modbus/example.yaml'))).toBe(true);
    expect(existsSync(path.join(root, 'etc/sources/modbus/library'))).toBe(false);
    const list = listProfiles(root);
    expect(list.filter((p) => p.problem !== '')).toEqual([]);
    expect(list.filter((p) => !p.own).map((p) => p.id)).toEqual(ids.sort());
    rmSync(root, { recursive: true });
  });
});

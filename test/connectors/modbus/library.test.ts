// The library of profiles: every file loads, names its device and source, has no two points in one register, and reads its vector. Python's struct encoded
// the registers of library-vectors.json at the addresses of the profiles: they prove types, orders and scales, not that a maker uses the address.
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
const vectors = JSON.parse(readFileSync(path.join(import.meta.dirname, 'library-vectors.json'), 'utf8')) as Record<string, Vector>;
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
    expect(about!.notes).toContain('not yet compared');
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

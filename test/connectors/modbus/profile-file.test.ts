// Where profiles are found: the root's own files before the library, which is read where it lies.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listProfiles, loadProfile } from '../../../src/connectors/modbus/profile-file.ts';

let root: string;
let library: string;
let own: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'kuiper-profiles-'));
  library = path.join(root, 'library');
  own = path.join(root, 'etc/sources/modbus');
  mkdirSync(library);
  mkdirSync(own, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const profile = (point: string, about = '') => `${about}points: [{name: ${point}, address: 1}]\n`;

it('a profile of the library is found, and a file of the root of the same name goes before it', () => {
  writeFileSync(path.join(library, 'a.yaml'), profile('shipped', 'about: {maker: M, model: N, kind: meter, source: S}\n'));
  expect(loadProfile(root, 'a', library).points[0]!.name).toBe('shipped');
  expect(listProfiles(root, library)).toEqual([
    {
      id: 'a',
      maker: 'M',
      model: 'N',
      kind: 'meter',
      points: 1,
      source: 'S',
      comparedWith: '',
      seenOnHardware: false,
      own: false,
      problem: '',
    },
  ]);
  writeFileSync(path.join(own, 'a.yaml'), profile('mine'));
  expect(loadProfile(root, 'a', library).points[0]!.name).toBe('mine');
  expect(listProfiles(root, library).map((p) => [p.id, p.own])).toEqual([['a', true]]);
});

it('a damaged file of the root is an error, not a reason to take the one of the library', () => {
  writeFileSync(path.join(library, 'a.yaml'), profile('shipped'));
  writeFileSync(path.join(own, 'a.yaml'), 'points: 1\n');
  expect(() => loadProfile(root, 'a', library)).toThrow(/a\.yaml:1: points: a list of at least one point is needed/);
});

it('a profile that is nowhere is named with the file that would be it', () => {
  expect(() => loadProfile(root, 'a', library)).toThrow(
    `profile a: there is no file ${path.join(own, 'a.yaml')}, and the library has none`,
  );
  expect(() => loadProfile(root, '../a', library)).toThrow(/is not a plain name/);
});

it.each([
  [
    'about: {maker: M, colour: red}',
    /about: unknown key "colour"; known are maker, model, kind, source, comparedWith, notes, seenOnHardware/,
  ],
  ['about: {kind: toaster}', /about: kind "toaster": use meter, inverter/],
  ['about: {seenOnHardware: maybe}', /about: seenOnHardware "maybe": true or false/],
  ['about: 5', /about: a map of maker/],
])('a mistake in about is reported: %s', (about, message) => {
  writeFileSync(path.join(own, 'b.yaml'), profile('p', `${about}\n`));
  expect(() => loadProfile(root, 'b', library)).toThrow(message);
});

// Files of the configuration that the disk has damaged or lost come back; what a person did stays.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFolders, foldersOf, restoreLastGood, saveLastGood, writeDefaults } from '../../src/config/index.ts';

let root: string;
const folders = () => foldersOf(root);
const file = (name: string) => join(root, name);
const OWN = 'basic:\n  restPort: 9999\n';
const TOKENS = `root admin ${'a'.repeat(64)}\n`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-good-'));
  createFolders(folders());
  writeDefaults(folders());
  writeFileSync(file('etc/kuiper.yaml'), OWN);
  writeFileSync(file('etc/mgmt/tokens'), TOKENS, { mode: 0o600 });
  writeFileSync(file('data/schemas/protobuf/a.proto'), 'message A {}');
  saveLastGood(folders());
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a file of the configuration', () => {
  // @covers issue:13#6
  test.each([
    ['noise', Buffer.from([0x8f, 0xff, 0xc3, 0x28, 1, 2, 3]), 'it held no text; the last good copy was put back'],
    ['a page of zeros', Buffer.alloc(4096), 'it held no text; the last good copy was put back'],
    ['nothing', Buffer.alloc(0), 'it was empty; the last good copy was put back. To remove it on purpose, do so while the gateway runs'],
    ['no file', undefined, 'it was gone; the last good copy was put back. To remove it on purpose, do so while the gateway runs'],
  ])('with %s in its place is put back, with its rights, and told', (_name, bytes, text) => {
    for (const [name, content] of [
      ['etc/kuiper.yaml', OWN],
      ['etc/mgmt/tokens', TOKENS],
      ['data/schemas/protobuf/a.proto', 'message A {}'],
    ] as const) {
      rmSync(file(name));
      if (bytes) writeFileSync(file(name), bytes);
      expect(restoreLastGood(folders())).toEqual([{ file: name, text }]);
      expect(readFileSync(file(name), 'utf8')).toBe(content);
      expect(restoreLastGood(folders())).toEqual([]);
    }
    expect(statSync(file('etc/mgmt/tokens')).mode & 0o777).toBe(0o600);
  });

  test('that a person has written stays, also when it is wrong', () => {
    writeFileSync(file('etc/kuiper.yaml'), 'basic: [not right\n');
    expect(restoreLastGood(folders())).toEqual([]);
    expect(readFileSync(file('etc/kuiper.yaml'), 'utf8')).toBe('basic: [not right\n');
  });

  test('that was removed while the gateway ran stays removed, as does a shipped one that nobody had changed', () => {
    rmSync(file('etc/mgmt/tokens'));
    saveLastGood(folders());
    rmSync(file('etc/mqtt_source.yaml'));
    expect(restoreLastGood(folders())).toEqual([]);
    expect(existsSync(file('etc/mgmt/tokens'))).toBe(false);
    expect(existsSync(file('etc/mqtt_source.yaml'))).toBe(false);
  });

  test('that is damaged when the copy is taken keeps its good copy', () => {
    writeFileSync(file('etc/kuiper.yaml'), '');
    saveLastGood(folders());
    expect(restoreLastGood(folders()).map((r) => r.file)).toEqual(['etc/kuiper.yaml']);
    expect(readFileSync(file('etc/kuiper.yaml'), 'utf8')).toBe(OWN);
  });
});

describe('the copy', () => {
  test('is for the gateway only, and is not written when nothing changed', () => {
    const { mode, mtimeMs, ino } = statSync(file('data/last-good.json'));
    expect(mode & 0o777).toBe(0o600);
    saveLastGood(folders());
    expect([statSync(file('data/last-good.json')).mtimeMs, statSync(file('data/last-good.json')).ino]).toEqual([mtimeMs, ino]);
  });

  // @covers issue:13#6
  test('that is damaged puts nothing wrong back, is told, and is taken anew', () => {
    const text = readFileSync(file('data/last-good.json'), 'utf8');
    writeFileSync(file('data/last-good.json'), text.replace('restPort: 9999', 'restPort: 1'));
    rmSync(file('etc/kuiper.yaml'));
    expect(restoreLastGood(folders())).toEqual([
      { file: 'data/last-good.json', text: '1 copies of files were damaged; new copies are being made' },
    ]);
    expect(existsSync(file('etc/kuiper.yaml'))).toBe(false);
    writeFileSync(file('data/last-good.json'), '');
    expect(restoreLastGood(folders()).map((r) => r.text)).toEqual([
      'the copy of the configuration files was damaged; a new copy is being made',
    ]);
    saveLastGood(folders());
    expect(restoreLastGood(folders())).toEqual([]);
  });

  test('never writes outside its folders', () => {
    mkdirSync(file('plugins/functions'), { recursive: true });
    const evil = JSON.parse(readFileSync(file('data/last-good.json'), 'utf8')) as Record<string, unknown>;
    evil['etc/../plugins/functions/x.ts'] = evil['etc/kuiper.yaml'];
    writeFileSync(file('data/last-good.json'), JSON.stringify(evil));
    restoreLastGood(folders());
    expect(existsSync(file('plugins/functions/x.ts'))).toBe(false);
  });
});

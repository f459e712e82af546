// Secrets that lie in clear below etc are named, and nothing else is: a warning that cries over every file is read by nobody.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearSecretsIn } from '../../src/base/secrets-in-text.ts';
import { createFolders, foldersOf, secretsInFiles, writeDefaults } from '../../src/config/index.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-in-clear-'));
  createFolders(foldersOf(root));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

// @covers issue:21#1
test.each([
  ['password: abc', ['password']],
  ['  password: "abc" # of the plant', ['password']],
  ["- token: 'x1'", ['token']],
  ['    Authorization: Bearer abcdefgh', ['Authorization']],
  ['url: http://joe:pw@host/', ['url']],
  ['{"server": "tcp://h",\n "password": "abc"}', ['password']],
  ['password: 4711', ['password']],
  ['# password: abc', []],
  ['password:', []],
  ['password: ""', []],
  ['password: # later', []],
  ['password: ${secret:plant}', []],
  ['Authorization: "Bearer ${secret:api}"', []],
  ['privateKeyPath: /etc/x.key', []],
  ['headers: {', []],
  ['server: tcp://127.0.0.1:1883', []],
  ['token: false', []],
])('of %j are found %j', (text, found) => {
  expect(clearSecretsIn(text)).toEqual(found);
});

test('files of sources, sinks and connections are named with their properties; those that the gateway ships are clean', () => {
  const folders = foldersOf(root);
  writeDefaults(folders);
  expect(secretsInFiles(folders)).toEqual([]);
  for (const [file, text] of [
    ['etc/mqtt_source.yaml', 'default:\n  password: planted-1\n'],
    ['etc/sources/own.yaml', 'k:\n  headers:\n    X-Api-Key: planted-2\n  token: planted-3\n'],
    ['etc/sinks/own.yaml', 'k:\n  password: ${secret:x}\n'],
    ['etc/connections/connection.yaml', 'mqtt:\n  c:\n    server: tcp://joe:planted-4@h\n'],
  ] as const) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const found = secretsInFiles(folders);
  expect(found).toEqual([
    { file: 'etc/connections/connection.yaml', properties: ['server'] },
    { file: 'etc/mqtt_source.yaml', properties: ['password'] },
    { file: 'etc/sources/own.yaml', properties: ['X-Api-Key', 'token'] },
  ]);
  expect(JSON.stringify(found)).not.toContain('planted');
});

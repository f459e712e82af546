// Component files, folders and default copies.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createComponentFiles, createFolders, type Folders, foldersOf, writeDefaults } from '../../src/config/index.ts';

let root: string;
let folders: Folders;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kuiper-files-'));
  folders = foldersOf(join(root, 'gateway'), join(root, 'shipped'));
  mkdirSync(join(root, 'shipped/sources'), { recursive: true });
  createFolders(folders);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (file: string, text: string) => {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
};

describe('component files', () => {
  test('mqtt is etc/mqtt_source.yaml; data wins over etc, etc over shipped, the environment over all', () => {
    put(join(folders.shippedEtc, 'mqtt_source.yaml'), 'default:\n  qos: 1\n  server: tcp://shipped\n');
    put(join(folders.etc, 'mqtt_source.yaml'), 'default:\n  server: tcp://etc\nplant:\n  server: tcp://plant\n');
    put(join(folders.data, 'sources/mqtt_source.yaml'), 'plant:\n  qos: 2\n');
    expect(createComponentFiles(folders, {}).read('sources', 'mqtt')).toEqual({
      default: { qos: 1, server: 'tcp://etc' },
      plant: { server: 'tcp://plant', qos: 2 },
    });
    const env = { MQTT_SOURCE__DEFAULT__SERVER: 'tcp://env', MQTT_SOURCE__PLANT__QOS: '0' };
    expect(createComponentFiles(folders, env).read('sources', 'mqtt')).toEqual({
      default: { qos: 1, server: 'tcp://env' },
      plant: { server: 'tcp://plant', qos: 0 },
    });
  });

  test('other types lie in sources/ and sinks/, connections in one file by type', () => {
    put(join(folders.etc, 'sources/httppull.yaml'), 'default:\n  interval: 10s\n');
    put(join(folders.etc, 'sinks/mqtt.yaml'), 'site:\n  server: tcp://site\n');
    put(join(folders.etc, 'connections/connection.yaml'), 'mqtt:\n  plant:\n    server: tcp://c\n');
    const files = createComponentFiles(folders, { CONNECTION__MQTT__PLANT__SERVER: 'tcp://env' });
    expect(files.read('sources', 'httppull')).toEqual({ default: { interval: '10s' } });
    expect(files.read('sinks', 'mqtt')).toEqual({ site: { server: 'tcp://site' } });
    expect(files.read('connections', 'mqtt')).toEqual({ plant: { server: 'tcp://env' } });
    expect(files.read('sources', 'none')).toEqual({});
  });

  test('a change is seen after reload', () => {
    put(join(folders.etc, 'mqtt_source.yaml'), 'default:\n  qos: 1\n');
    const files = createComponentFiles(folders, {});
    expect(files.read('sources', 'mqtt')['default']).toEqual({ qos: 1 });
    put(join(folders.etc, 'mqtt_source.yaml'), 'default:\n  qos: 2\n');
    expect(files.read('sources', 'mqtt')['default']).toEqual({ qos: 1 });
    files.reload();
    expect(files.read('sources', 'mqtt')['default']).toEqual({ qos: 2 });
  });
});

describe('defaults of a fresh root', () => {
  const shipped = (text: string) => put(join(folders.shippedEtc, 'kuiper.yaml'), text);
  const own = () => join(folders.etc, 'kuiper.yaml');

  test('folders and files are made', () => {
    shipped('basic:\n');
    expect(writeDefaults(folders).written).toEqual([own()]);
    expect(readFileSync(own(), 'utf8')).toBe('basic:\n');
    for (const f of ['data/uploads', 'plugins/functions', 'etc/mgmt', 'log']) expect(existsSync(join(folders.root, f)), f).toBe(true);
  });

  test('an update renews a file that nobody changed', () => {
    shipped('v: 1\n');
    writeDefaults(folders);
    shipped('v: 2\n');
    writeDefaults(folders);
    expect(readFileSync(own(), 'utf8')).toBe('v: 2\n');
  });

  test('what the user changed or deleted is never touched', () => {
    shipped('v: 1\n');
    writeDefaults(folders);
    writeFileSync(own(), 'mine: 1\n');
    shipped('v: 2\n');
    expect(writeDefaults(folders).written).toEqual([]);
    expect(readFileSync(own(), 'utf8')).toBe('mine: 1\n');
    rmSync(own());
    shipped('v: 3\n');
    expect(writeDefaults(folders).written).toEqual([]);
    expect(existsSync(own())).toBe(false);
  });
});

// @covers issue:13#7
test('a folder below data that cannot be made is told and ends nothing; without data itself there is no start', () => {
  rmSync(folders.data, { recursive: true });
  put(join(folders.data, 'uploads'), 'a file in its place');
  expect(createFolders(folders)).toEqual([{ folder: join(folders.data, 'uploads'), reason: expect.stringContaining('EEXIST') as string }]);
  expect(existsSync(join(folders.data, 'services'))).toBe(true);
  rmSync(folders.data, { recursive: true });
  writeFileSync(folders.data, 'a file in its place');
  expect(() => createFolders(folders)).toThrow(/data: /);
});

// The one door to plugins/: what the installer takes, what it refuses, and an install over REST that goes through it.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { installerDoor } from '../../../src/plugin-host/files/door.ts';
import { carryOut } from '../../../src/plugin-host/worker/installer.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-door-'));
const folder = join(root, 'plugins');
const socket = join(root, 'installer.sock');
const children = new Set<ChildProcess>();
// stands in for kuiper-installer.socket: each connection gets a process of its own
const server = createServer({ pauseOnConnect: true }, (connection) => {
  const { fd } = (connection as Socket & { _handle: { fd: number } })._handle;
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../../src/plugin-host/worker/installer.ts'), folder], {
    stdio: [fd, 'ignore', 'inherit'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  connection.destroy();
});
beforeAll(async () => {
  for (const kind of ['sources', 'sinks', 'functions']) mkdirSync(join(folder, kind), { recursive: true });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
afterAll(() => {
  server.close();
  for (const child of children) child.kill();
  rmSync(root, { recursive: true, force: true });
});

// @covers issue:13#1
test('the installer writes whole files with names of plugins and takes them away, also what a power cut has left', () => {
  writeFileSync(join(folder, 'functions/.kuiper-1a.part'), 'half');
  carryOut(folder, { do: 'write', path: 'functions/echo@v1.2.ts', bytes: Buffer.from('text') });
  carryOut(folder, { do: 'write', path: 'functions/echo@v1.2.ts.sig', bytes: Buffer.from('sig') });
  carryOut(folder, { do: 'write', path: 'STATUS.txt', bytes: Buffer.from('live') });
  expect(readdirSync(join(folder, 'functions')).sort()).toEqual(['echo@v1.2.ts', 'echo@v1.2.ts.sig']);
  expect(readFileSync(join(folder, 'functions/echo@v1.2.ts'), 'utf8')).toBe('text');
  for (const path of ['functions/echo@v1.2.ts', 'functions/echo@v1.2.ts.sig', 'STATUS.txt', 'functions/README.md'])
    carryOut(folder, { do: 'remove', path });
  expect(readdirSync(join(folder, 'functions'))).toEqual([]);
});

test.each([
  ['a way out', '../etc/kuiper.yaml'],
  ['a way out below a kind', 'functions/../../x.ts'],
  ['an absolute path', '/etc/passwd'],
  ['another folder', 'other/x.ts'],
  ['a folder in a kind', 'functions/a/b.ts'],
  ['a hidden name', 'functions/.x.ts'],
  ['no plugin', 'functions/x.sh'],
  ['a line break', 'functions/x.ts\n'],
  ['a null byte', 'functions/x\0.ts'],
  ['no text', 7],
])('the installer refuses %s', (_what, path) => {
  expect(() => carryOut(folder, { do: 'write', path, bytes: Buffer.from('x') })).toThrow('this is not a name of a plugin file');
  if (path !== 'functions/x.sh') expect(() => carryOut(folder, { do: 'remove', path })).toThrow('this is not a name of a plugin file');
});

test('it refuses what is too large, and requests that it does not know', () => {
  expect(() => carryOut(folder, { do: 'write', path: 'functions/x.ts', bytes: Buffer.alloc(16 * 1024 * 1024 + 1) })).toThrow(
    'it is larger than',
  );
  expect(() => carryOut(folder, { do: 'run', path: 'functions/x.ts' })).toThrow('unknown request');
  expect(readdirSync(join(folder, 'functions'))).toEqual([]);
});

test('through its socket: written, refused with the reason, removed', { timeout: 30_000 }, async () => {
  const door = installerDoor(folder, socket, createRealClock());
  await door.write(join(folder, 'sinks/a.mjs'), Buffer.from('export class A {}'));
  expect(readFileSync(join(folder, 'sinks/a.mjs'), 'utf8')).toBe('export class A {}');
  await expect(door.write(join(root, 'outside.ts'), Buffer.from('x'))).rejects.toMatchObject({
    code: 'PLUGIN_INSTALLER',
    params: { problem: 'this is not a name of a plugin file' },
  });
  await door.remove(join(folder, 'sinks/a.mjs'));
  expect(readdirSync(join(folder, 'sinks'))).toEqual([]);
  await expect(
    installerDoor(folder, join(root, 'nobody.sock'), createRealClock()).remove(join(folder, 'sinks/a.mjs')),
  ).rejects.toMatchObject({ code: 'PLUGIN_INSTALLER' });
});

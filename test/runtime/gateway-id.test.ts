// The id of a gateway, base of its sessions at brokers: made once, kept whole, and said when it could not be kept.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import { readGatewayId } from '../../src/runtime/gateway-id.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-id-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

// @covers finding:appliance#3.9
test('is the same at every start, and what a cut write left beside it does not count', () => {
  const { log, lines } = createMemoryLog();
  const id = readGatewayId(folder, log);
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  expect(readFileSync(join(folder, 'gateway-id'), 'utf8')).toBe(`${id}\n`);
  expect(readdirSync(folder)).toEqual(['gateway-id']);
  writeFileSync(join(folder, 'gateway-id.77.tmp'), id.slice(0, 10));
  expect(readGatewayId(folder, log)).toBe(id);
  expect(lines).toEqual([]);
});

test('a damaged one is told and replaced, one that cannot be kept is told', () => {
  const { log, lines } = createMemoryLog();
  writeFileSync(join(folder, 'gateway-id'), '\0\0\0');
  const id = readGatewayId(folder, log);
  expect(readGatewayId(folder, log)).toBe(id);
  expect(lines.map((l) => l['msg'])).toEqual(['The gateway id is damaged; a new one is made.']);
  mkdirSync(join(folder, 'other/gateway-id'), { recursive: true });
  const lost = readGatewayId(join(folder, 'other'), log);
  expect(lost).not.toBe(id);
  expect(lines.at(-1)!['msg']).toContain('cannot be kept');
});

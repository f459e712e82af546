// The look at what all code shares: finds every kind of change, puts it back, and sees nothing where nothing is.
import fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Intrinsics, watchIntrinsics } from '../../../src/plugin-host/worker/intrinsics.ts';

let shared: Intrinsics;
beforeEach(() => {
  shared = watchIntrinsics();
});
afterEach(() => shared.restore());

test('ordinary code changes nothing', async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  structuredClone(new Map([[1, new URL('http://x/').href]]));
  crypto.randomUUID();
  Error.stackTraceLimit++;
  (globalThis as any).ownCache = {};
  Object.defineProperty(String.prototype, 'quietPolyfill', { value: 1, configurable: true });
  expect(shared.changes()).toEqual([]);
  Error.stackTraceLimit--;
  delete (globalThis as any).ownCache;
  delete (String.prototype as any).quietPolyfill;
});

const changes: Record<string, () => void> = {
  'JSON.parse': () => void (JSON.parse = () => 1),
  'Math.round': () => void (Math.round = () => 7),
  'Array.prototype.last': () => void ((Array.prototype as any).last = 1),
  'Object.prototype.evil': () => void ((Object.prototype as any).evil = 1),
  'Array.prototype.at': () => void delete (Array.prototype as any).at,
  'Map.prototype.get': () => void (Map.prototype.get = () => 5 as any),
  'Set.prototype.has': () => void (Set.prototype.has = () => true),
  'Reflect.ownKeys': () => void (Reflect.ownKeys = () => []),
  'globalThis.structuredClone': () => void (globalThis.structuredClone = (() => 1) as any),
  'process.exit': () => void (process.exit = (() => 1) as any),
  'node:fs.readFileSync': () => void (fs.readFileSync = (() => 'x') as any),
  'Date.now': () => void Object.defineProperty(Date, 'now', { get: () => () => 0, configurable: true }),
};

test.each(Object.keys(changes))('%s is seen and put back', (name) => {
  changes[name]!();
  const seen = shared.changes();
  shared.restore();
  expect(seen).toEqual([name]);
  expect(shared.changes()).toEqual([]);
});

test('all of them at once', () => {
  for (const change of Object.values(changes)) change();
  const seen = shared.changes();
  shared.restore();
  expect(seen.sort()).toEqual(Object.keys(changes).sort());
  expect(JSON.parse('[2]')).toEqual([2]);
  expect(new Map([[1, 2]]).get(1)).toBe(2);
});

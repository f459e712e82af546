// What takes effect when a function name becomes free: whose turn it is is decided by the cause of a refusal, never by its text.
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { GatewayError } from '../../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import type { FoundFile } from '../../../src/plugin-host/files/scan.ts';
import type { PluginEntry } from '../../../src/plugin-host/versions/plugin-entry.ts';
import type { Quarantine } from '../../../src/plugin-host/versions/quarantine.ts';
import { createResolver } from '../../../src/plugin-host/versions/resolver.ts';

const fileOf = (name: string): FoundFile =>
  ({ kind: 'functions', name, version: '', folder: 'functions', path: `functions/${name}.ts`, stamp: name }) as unknown as FoundFile;
const entryOf = (name: string): PluginEntry => ({
  kind: 'functions',
  name,
  candidates: [],
  wanted: [],
  names: '',
  active: undefined,
  deaths: [],
  lateErrors: 0,
  lastError: '',
});

// @covers finding:house#D6
it('a freed function name is given to the plugin that was refused because of it, not to one whose error has the same text', async () => {
  const taken = new Map<string, string>();
  const tries: string[] = [];
  const resolver = createResolver({
    clock: createVirtualClock(),
    log: createMemoryLog().log,
    quarantine: { find: () => undefined, add: () => undefined } as unknown as Quarantine,
    entries: new Map(),
    known: new Map(),
    namesOf: () => '',
    read: (_entry, file) => ({ path: file.path, hash: file.path, code: '', format: 'module' }),
    async activate(entry, file, text) {
      tries.push(entry.name);
      const problem = 'function name wanted already exists';
      if (entry.name === 'liar') throw new GatewayError('PLUGIN_LOAD', { file: file.path, problem });
      const owner = taken.get('wanted');
      if (owner !== undefined) throw new GatewayError('PLUGIN_LOAD', { file: file.path, problem, taken: 'wanted' });
      taken.set('wanted', entry.name);
      return { file, text, functions: ['wanted'], offers: [], shape: '' };
    },
    async deactivate(entry) {
      taken.delete('wanted');
      entry.active = undefined;
    },
    onChange: () => undefined,
    onResolved: () => undefined,
  });
  const [first, second, liar] = [entryOf('first'), entryOf('second'), entryOf('liar')];
  for (const e of [first, second, liar]) await resolver.resolve(e, [fileOf(e.name)], false);
  expect(tries).toEqual(['first', 'second', 'liar']);
  expect([second, liar].map((e) => e.candidates[0]!.reason)).toEqual([
    expect.stringContaining('function name wanted already exists'),
    expect.stringContaining('function name wanted already exists'),
  ]);
  await resolver.resolve(first, [], false);
  await resolver.allDone();
  expect(tries).toEqual(['first', 'second', 'liar', 'second']);
  expect(second.active?.functions).toEqual(['wanted']);
});

// Whose answers a rule gets: by its option, by the setting, or, for rules that 0.1.0 stored, those it had.
import { afterEach, describe, expect, test } from 'vitest';
import { ignoredOptions } from '../../src/runtime/status/ignored-options.ts';
import { makeService } from './make-service.ts';
import { createMemoryStore } from './memory-store.ts';

type Made = Awaited<ReturnType<typeof makeService>>;
let made: Made;
afterEach(() => made.close());

const STREAM = JSON.stringify({ sql: 'CREATE STREAM demo () WITH (DATASOURCE="demo", FORMAT="JSON")' });
const rule = (more: object = {}) => ({ id: 'r', sql: 'SELECT a FROM demo', actions: [{ log: {} }], ...more });
const optionsOf = () => made.runtime.rule('r')!.definition.options;
const notes = () => ignoredOptions({ options: optionsOf(), actions: [] });

/** A store as 0.1.0 left it. */
const oldStore = () => {
  const store = createMemoryStore();
  store.tables.set('stream', new Map([['demo', STREAM]]));
  store.tables.set('rule', new Map([['r', JSON.stringify(rule())]]));
  return store;
};

// @covers issue:20#0
describe('sqlCompatibility', () => {
  test('a new rule gets what the setting says, and its own option goes first', async () => {
    made = await makeService();
    await made.call('POST', '/streams', JSON.parse(STREAM) as object);
    await made.call('POST', '/rules', rule());
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'standard', sqlKept: false });
    await made.call('PUT', '/rules/r', rule({ options: { sqlCompatibility: 'ekuiper' } }));
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'ekuiper', sqlKept: false });
    expect(notes()).toEqual([]);
  });

  test('another value than the two is refused with both names', async () => {
    made = await makeService();
    await made.call('POST', '/streams', JSON.parse(STREAM) as object);
    const { status, text } = await made.call('POST', '/rules', rule({ options: { sqlCompatibility: 'mysql' } }));
    expect(status).toBe(400);
    expect((JSON.parse(text) as { message: string }).message).toContain('sqlCompatibility: "mysql" is not one of standard, ekuiper');
  });

  test('a rule that 0.1.0 stored keeps the answers of eKuiper, its health notes say so, and storing it again ends that', async () => {
    const store = oldStore();
    made = await makeService(store);
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'ekuiper', sqlKept: true });
    expect(notes().join()).toContain('stored by version 0.1.0');
    // its text is as it was
    expect(JSON.parse((await made.call('GET', '/rules/r')).text)).toEqual(rule());
    await made.call('PUT', '/rules/r', rule());
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'standard', sqlKept: false });
    expect(notes()).toEqual([]);
    await made.close();
    made = await makeService(store);
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'standard', sqlKept: false });
  });

  test('starting, stopping and tagging a rule of 0.1.0 is no edit', async () => {
    const store = oldStore();
    made = await makeService(store);
    await made.call('POST', '/rules/r/stop');
    await made.call('POST', '/rules/r/start');
    await made.call('PUT', '/rules/r/tags', { tags: ['x'] });
    await made.close();
    made = await makeService(store);
    expect(optionsOf().sqlKept).toBe(true);
  });

  test('a rule that is deleted and made again under its name is new', async () => {
    const store = oldStore();
    made = await makeService(store);
    await made.call('DELETE', '/rules/r');
    await made.call('POST', '/rules', rule());
    await made.close();
    made = await makeService(store);
    expect(optionsOf()).toMatchObject({ sqlCompatibility: 'standard', sqlKept: false });
    await made.call('DELETE', '/rules/r');
    expect(store.tables.get('ruleMark')!.size).toBe(0);
  });

  test('the export of a rule of 0.1.0 says whose answers it has', async () => {
    made = await makeService(oldStore());
    const rules = (JSON.parse((await made.call('POST', '/ruleset/export')).text) as { rules: Record<string, string> }).rules;
    expect(JSON.parse(rules['r']!)).toMatchObject({ options: { sqlCompatibility: 'ekuiper' } });
  });

  test('a rule whose mark cannot be stored is refused', async () => {
    const store = createMemoryStore();
    made = await makeService(store);
    await made.call('POST', '/streams', JSON.parse(STREAM) as object);
    store.fail = new Error('disk full');
    expect((await made.call('POST', '/rules', rule())).status).toBe(400);
    expect(store.tables.get('rule')?.size ?? 0).toBe(0);
  });
});

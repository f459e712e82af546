// Wrong inputs made from the declarations: every property of every source, sink, lookup table and connection, every option of rules, every setting and
// every member of a body, misspelt by one letter, given in another letter case, and with values beside its range. None may be taken in silence.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingSpecs } from '../../../src/config/setting-specs.ts';
import { connectors } from '../../../src/connectors/index.ts';
import type { OptionSpec } from '../../../src/contract/props.ts';
import { newTold } from '../../../src/contract/told.ts';
import { connectionOptionsOf, parseRuleOptions, ruleOptionSpecs, sinkOptionsOf, sourceOptionsOf } from '../../../src/runtime/index.ts';
import { ruleBody } from '../../../src/service/index.ts';
import { suggest } from '../../../src/sql/suggest.ts';
import { type RealGateway, realGateway } from '../../helpers/real-gateway.ts';

let made: RealGateway;
beforeAll(async () => {
  made = await realGateway();
  expect((await made.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="memory", DATASOURCE="t")' })).status).toBe(201);
});
afterAll(() => made.close());

/** What a sink needs so that only the property under test is wrong. */
const NEEDED: Record<string, Record<string, unknown>> = {
  mqtt: { server: 'tcp://127.0.0.1:1', topic: 't' },
  serial: { port: '/dev/null' },
  memory: { topic: 'out' },
  file: { path: 'out/a.txt' },
  rest: { url: 'http://example.test/a', method: 'post' },
  websocket: { path: '/ws' },
  sse: { endpoint: '/events' },
  sql: { dburl: 'sqlite:out.db', table: 't' },
  modbus: {},
  log: {},
  nop: {},
};

/** What the declaration says for connectors that need nothing else. */
function needed(name: string, options: readonly OptionSpec[]): Record<string, unknown> {
  return NEEDED[name] ?? Object.fromEntries(options.filter((o) => o.required).map((o) => [o.name, o.example ?? o.oneOf?.[0] ?? 'x']));
}

/** One letter of the name is written twice, or its last one is missing when a name with it exists. */
function misspelt(name: string, known: readonly string[]): string {
  const low = known.map((k) => k.toLowerCase());
  const tries = [name + name.at(-1), name.slice(0, 1) + name, name.slice(0, -1), `${name}zz`];
  return tries.find((t) => !low.includes(t.toLowerCase()))!;
}

/** Values that the option does not take. */
function wrongValues(o: OptionSpec): unknown[] {
  if (o.dynamic || o.absent !== undefined || o.noEffect !== undefined) return [];
  if (o.oneOf) return ['no-such-choice'];
  switch (o.type) {
    case 'bool':
      return ['perhaps'];
    case 'int':
      return ['many', 1.5, ...(o.min === undefined ? [] : [o.min - 1]), ...(o.max === undefined ? [] : [o.max + 1])];
    case 'float':
      return ['much', ...(o.min === undefined ? [] : [o.min - 1]), ...(o.max === undefined ? [] : [o.max + 1])];
    case 'duration':
      return ['soon', ...(o.min === undefined ? [] : [o.min - 1]), ...(o.max === undefined ? [] : [o.max + 1])];
    case 'bytes':
      return ['lots'];
    case 'any':
      return [];
    case 'string[]':
      return [7];
    case 'object':
    case 'map':
    case 'object[]':
      return [7];
    default:
      return [{ no: 'text' }];
  }
}

const loaded = await Promise.all(connectors.map(async (c) => ({ name: c.name, offers: c.offers, d: await c.load() })));
const namesTold = (text: string, name: string) => text.toLowerCase().includes(name.toLowerCase());

const sinks = loaded.filter((c) => c.offers.includes('sink')).map((c) => ({ name: c.name, options: sinkOptionsOf(c.d)! }));
const sources = loaded
  .filter((c) => c.offers.includes('source') || c.offers.includes('lookup'))
  .map((c) => ({ name: c.name, options: sourceOptionsOf(c.d)! }));
const links = loaded.filter((c) => c.d.connection).map((c) => ({ name: c.name, options: connectionOptionsOf(c.d) }));

/** POST /rules/validate without HTTP: there are thousands. */
const validate = async (actions: unknown[], options: object = {}, more: object = {}) => {
  const told = newTold();
  try {
    await made.gateway.service.rules.validate(JSON.stringify({ id: 'w', sql: 'SELECT * FROM s', actions, options, ...more }), told);
    return { status: 200, text: '', warnings: told.warnings };
  } catch (error) {
    return { status: 422, text: (error as Error).message, warnings: told.warnings };
  }
};

let cases = 0;

// @covers issue:18#2
// @covers finding:ease#B6
describe.each(sinks)('sink $name', ({ name, options }) => {
  it('tells of each misspelt property, with the right name', async () => {
    const known = options.map((o) => o.name);
    const offered = options.filter((x) => x.absent === undefined).map((x) => x.name);
    const wrong = offered.map((o) => misspelt(o, known));
    const { status, warnings } = await validate([
      { [name]: { ...needed(name, options), ...Object.fromEntries(wrong.map((w) => [w, 'x'])) } },
    ]);
    cases += wrong.length;
    expect(status).toBe(200);
    const text = warnings.join('\n');
    for (const w of wrong) {
      const near = suggest(w, offered);
      expect(text).toContain(`Property "${w}" of sink ${name}_0 is not known and has no effect${near ? `; did you mean ${near}?` : '.'}`);
    }
  });

  it('refuses each value beside its type, range or choice', async () => {
    for (const o of options)
      for (const value of wrongValues(o)) {
        const { warnings } = await validate([{ [name]: { ...needed(name, options), [o.name]: value } }]);
        cases++;
        const text = warnings.join('\n');
        expect(text, `${o.name} = ${JSON.stringify(value)}`).toMatch(/^The rule cannot be made: /);
        const shown = typeof value === 'object' ? '{' : String(value);
        expect(
          namesTold(text, o.name) || text.includes(shown) || (o.error !== undefined && text.includes(o.error)),
          `${o.name}: ${text}`,
        ).toBe(true);
      }
  });

  it('takes each property in any letter case', async () => {
    if (name === 'modbus') return; // needs a profile in a file
    const taken = options.filter((x) => x.absent === undefined && x.noEffect === undefined);
    const odd = (n: string) => (n === n.toUpperCase() ? n.toLowerCase() : n.toUpperCase());
    const given = { ...Object.fromEntries(taken.map((o) => [o.name, null])), ...needed(name, options) };
    const { status, warnings } = await validate([{ [name]: Object.fromEntries(Object.entries(given).map(([n, v]) => [odd(n), v])) }]);
    expect(status).toBe(200);
    // what needs more than its declaration says may be refused for that, never for the spelling
    // properties of another format are told whatever their case
    const others = warnings.filter((w) => !w.endsWith('has no effect: format json does not use it.'));
    if (name in NEEDED) expect(others).toEqual([]);
    else expect(others.join()).not.toContain('is not known');
  });
});

describe.each(sources)('conf key of $name', ({ name, options }) => {
  it('tells of each misspelt property and of each value beside its type, range or choice', async () => {
    const known = options.map((o) => o.name);
    const put = async (props: object) => {
      const told = newTold();
      await made.gateway.service.confKeys.put('sources', name, 'k', JSON.stringify(props), told);
      return { status: 200, warnings: told.warnings };
    };
    for (const o of options.filter((x) => x.absent === undefined)) {
      const wrong = misspelt(o.name, known);
      const { status, warnings } = await put({ [wrong]: 'x' });
      cases++;
      expect([status, warnings.length], `${wrong}: ${warnings}`).toEqual([200, 1]);
      expect(warnings[0]).toContain(`"${wrong}" of conf key k of ${name} is not known`);
      for (const value of wrongValues(o)) {
        const told = (await put({ [o.name]: value })).warnings;
        cases++;
        expect(told.join(), `${o.name} = ${JSON.stringify(value)}`).toContain(`: ${o.name}: `);
      }
    }
  });
});

describe.each(links)('connection of $name', ({ name, options }) => {
  it('tells of each misspelt property', async () => {
    const known = options.map((o) => o.name);
    for (const [i, o] of options.filter((x) => x.absent === undefined).entries()) {
      const wrong = misspelt(o.name, known);
      const { status, warnings } = await made.call('POST', '/connections', { id: `c_${name}_${i}`, typ: name, props: { [wrong]: 'x' } });
      cases++;
      expect([status, warnings.length], `${wrong}: ${warnings}`).toEqual([201, 1]);
      expect(warnings[0]).toContain(`"${wrong}"`);
      await made.call('DELETE', `/connections/c_${name}_${i}`);
    }
  });
});

describe('rules', () => {
  it('tells of each misspelt option and member, with the right name', async () => {
    for (const o of ruleOptionSpecs) {
      const wrong = misspelt(
        o.name,
        ruleOptionSpecs.map((s) => s.name),
      );
      const { warnings } = await validate([{ nop: {} }], { [wrong]: 1 });
      cases++;
      expect(warnings, wrong).toHaveLength(1);
      expect(warnings[0]).toContain(`Option "${wrong}" of rule w is not known`);
      expect(warnings[0]).toMatch(/did you mean \w+\?$/);
    }
    for (const o of ruleOptionSpecs.filter((s) => s.fields))
      for (const f of o.fields!) {
        const wrong = misspelt(
          f.name,
          o.fields!.map((s) => s.name),
        );
        const value = o.type === 'object[]' ? [{ begin: '2026-01-31 08:00:00', end: '2026-01-31 18:00:00', [wrong]: 1 }] : { [wrong]: 1 };
        const { warnings } = await validate([{ nop: {} }], { [o.name]: value });
        cases++;
        expect(warnings.join(), wrong).toContain(`.${wrong}" of rule w is not known`);
      }
    for (const m of ruleBody) {
      const wrong = misspelt(
        m.name,
        ruleBody.map((s) => s.name),
      );
      const { warnings } = await validate([{ nop: {} }], {}, { [wrong]: 'x' });
      cases++;
      expect(warnings.join(), wrong).toContain(`Member "${wrong}" of the rule is not known`);
    }
  });

  it('refuses or tells of each value beside the type, range or choice of an option', async () => {
    for (const o of ruleOptionSpecs)
      for (const value of wrongValues(o)) {
        const { status, text, warnings } = await validate([{ nop: {} }], { [o.name]: value });
        cases++;
        if (o.clamps && typeof value === 'number' && Number.isInteger(value))
          expect(warnings.join()).toContain(`"${o.name}" of rule w: ${value} is outside of`);
        else {
          expect(status, `${o.name} = ${JSON.stringify(value)}`).toBe(422);
          expect(namesTold(text, o.name) || text === o.error, text).toBe(true);
        }
      }
  });

  it('takes each option and member in any letter case', async () => {
    const options = {
      QOS: 1,
      CHECKPOINTINTERVAL: '10s',
      iseventtime: false,
      RestartStrategy: { ATTEMPTS: 3, Delay: '2s' },
      SENDERROR: true,
    };
    const body = { ID: 'anycase', SQL: 'SELECT * FROM s', ACTIONS: [{ nop: {} }], Options: options, Triggered: false, TAGS: ['x'] };
    const { status, warnings } = await made.call('POST', '/rules', body);
    expect([status, warnings]).toEqual([201, []]);
    const stored = JSON.parse((await made.call('GET', '/rules/anycase')).text) as Record<string, unknown>;
    expect(Object.keys(stored).sort()).toEqual(['actions', 'id', 'options', 'sql', 'tags', 'triggered']);
    const options2 = parseRuleOptions('anycase', stored['options'] as Record<string, unknown>);
    expect(options2).toMatchObject({ qos: 1, checkpointIntervalMs: 10_000, sendError: true, restart: { attempts: 3, delayMs: 2000 } });
  });
});

describe('settings', () => {
  it.each(settingSpecs.map((s) => [s.path, s] as const))('%s misspelt is named at the start with the right name', async (path, spec) => {
    const { loadSettings } = await import('../../../src/config/index.ts');
    const last = path.split('.').at(-1)!;
    const wrong = misspelt(
      last,
      settingSpecs.map((s) => s.path.split('.').at(-1)!),
    );
    const { foldersOf } = await import('../../../src/config/index.ts');
    const variable = `KUIPER__${[...path.split('.').slice(0, -1), wrong].join('__').toUpperCase()}`;
    const { unknown } = loadSettings(foldersOf(made.root), { [variable]: 'x' });
    cases++;
    expect(unknown.map((u) => u.key.toLowerCase())).toEqual([[...path.split('.').slice(0, -1), wrong].join('.').toLowerCase()]);
    expect(suggest(wrong, unknown[0]!.candidates)).toBeDefined();
    if (spec.type === 'string' && !spec.oneOf) return;
    const ofValue = `KUIPER__${path.split('.').join('__').toUpperCase()}`;
    const bad = { bool: 'perhaps', int: '-1.5', port: '70000', duration: 'soon', bytes: 'lots', strings: '', string: 'no-such-choice' }[
      spec.type
    ];
    if (bad === '') return;
    cases++;
    expect(() => loadSettings(foldersOf(made.root), { [ofValue]: bad })).toThrow(new RegExp(last, 'i'));
  });
});

it('all of them together are more than 1000', () => {
  expect(cases).toBeGreaterThan(1000);
});

// The members that the description of REST gives for answers are those that a running gateway sends: no more types than said, and no member unsaid.
import { Ajv2020 as Ajv } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { shape } from '../../src/rest/openapi/answers.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

interface Document {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>;
}
type Schema = { type?: string | string[]; properties?: Record<string, Schema>; items?: Schema; additionalProperties?: Schema | false };

/** The same, with members that it does not name refused. */
function closed(s: Schema): Schema {
  const { properties, items, additionalProperties } = s;
  return {
    ...s,
    ...(items ? { items: closed(items) } : {}),
    ...(properties ? { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, closed(v)])) } : {}),
    ...(additionalProperties ? { additionalProperties: closed(additionalProperties) } : properties ? { additionalProperties: false } : {}),
  };
}

let g: RealGateway;
let document: Document;
beforeAll(async () => {
  g = await realGateway();
  document = JSON.parse((await g.call('GET', '/openapi.json')).text) as Document;
  const made = [
    await g.call('PUT', '/metadata/sources/simulator/confKeys/fast', { data: [{ a: 1, d: 'x' }], interval: '10ms', loop: true }),
    await g.call('POST', '/streams', { sql: 'CREATE STREAM s (a BIGINT, d STRING) WITH (TYPE="simulator", CONF_KEY="fast")' }),
    await g.call('POST', '/streams', { sql: 'CREATE STREAM away () WITH (TYPE="mqtt", DATASOURCE="t", CONF_KEY="away")' }),
    await g.call('POST', '/tables', { sql: 'CREATE TABLE tb (a BIGINT) WITH (TYPE="memory", DATASOURCE="m", KIND="lookup", KEY="a")' }),
    await g.call('POST', '/connections', { id: 'c1', typ: 'mqtt', props: { server: 'tcp://127.0.0.1:1' } }),
    await g.call('POST', '/rules', {
      id: 'flows',
      name: 'One',
      tags: ['t1'],
      sql: 'SELECT a, count(*) AS n FROM s GROUP BY d, COUNTWINDOW(2)',
      actions: [{ nop: {} }, { log: {} }],
    }),
    await g.call('POST', '/rules', {
      id: 'fails',
      sql: 'SELECT a / (a - 1) AS q FROM s',
      actions: [{ nop: {} }],
      options: { sendError: false },
    }),
    await g.call('POST', '/rules', {
      id: 'waits',
      sql: 'SELECT * FROM s WHERE a > 5',
      actions: [{ mqtt: { server: 'tcp://127.0.0.1:1', topic: 'x' } }],
    }),
  ];
  expect(made.map((a) => a.status)).toEqual([200, 201, 201, 201, 201, 201, 201, 201]);
  await vi.waitFor(
    async () => expect((JSON.parse((await g.call('GET', '/rules/fails/health')).text) as { causes: [] }).causes).toHaveLength(1),
    { timeout: 15_000, interval: 100 },
  );
}, 60_000);
afterAll(() => g.close());

const schemaOf = (method: string, path: string): Schema =>
  document.paths[path]![method.toLowerCase()]!.responses['200']!.content!['application/json']!.schema;

// @covers issue:18#1
describe('answers hold to the description', () => {
  it.each([
    ['GET', '/', '/'],
    ['GET', '/overview', '/overview'],
    ['GET', '/settings', '/settings'],
    ['GET', '/settings/{path}', '/settings/basic.logLevel'],
    ['GET', '/rules', '/rules'],
    ['GET', '/rules/status/all', '/rules/status/all'],
    ['GET', '/rules/{name}/health', '/rules/flows/health'],
    ['GET', '/rules/{name}/health', '/rules/fails/health'],
    ['GET', '/rules/{name}/health', '/rules/waits/health'],
    ['GET', '/rules/{name}/diag', '/rules/flows/diag'],
    ['GET', '/rules/{name}/diag', '/rules/fails/diag'],
    ['GET', '/rules/{name}/diag', '/rules/waits/diag'],
    ['GET', '/rules/{name}/parked', '/rules/flows/parked'],
    ['GET', '/rules/{name}/topo', '/rules/flows/topo'],
    ['GET', '/rules/{name}/schema', '/rules/flows/schema'],
    ['POST', '/rules/validate', '/rules/validate'],
    ['GET', '/streamdetails', '/streamdetails'],
    ['GET', '/streams/{name}', '/streams/s'],
    ['GET', '/streams/{name}', '/streams/away'],
    ['GET', '/tabledetails', '/tabledetails'],
    ['GET', '/tables/{name}', '/tables/tb'],
    ['GET', '/connections', '/connections'],
    ['GET', '/connections/{id}', '/connections/c1'],
    ['GET', '/devices', '/devices'],
  ])('%s %s, asked as %s', async (method, path, asked) => {
    const body = method === 'POST' ? { id: 'v', sql: 'SELECT * FROM s', actions: [{ nop: {} }] } : undefined;
    const answer = await g.call(method, asked, body);
    expect(answer.status, answer.text).toBe(200);
    const schema = schemaOf(method, path);
    expect(JSON.stringify(schema).length).toBeGreaterThan(30);
    const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(closed(schema));
    validate(JSON.parse(answer.text));
    expect(validate.errors ?? [], answer.text.slice(0, 2000)).toEqual([]);
  });

  it('a member that is missing, unsaid or of another type is found', () => {
    const validate = new Ajv({ allowUnionTypes: true }).compile(
      closed(shape({ a: 'integer', 'b?': ['string'], c: { '*': 'number' } }) as Schema),
    );
    expect(
      [
        { a: 1, c: { x: 2 } },
        { a: 1, b: ['t'], c: {} },
      ].map((v) => validate(v)),
    ).toEqual([true, true]);
    for (const wrong of [{ c: {} }, { a: '1', c: {} }, { a: 1, c: {}, d: 1 }, { a: 1, b: [1], c: {} }, { a: 1, c: { x: 'y' } }])
      expect(validate(wrong), JSON.stringify(wrong)).toBe(false);
  });
});

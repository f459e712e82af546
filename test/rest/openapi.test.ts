// GET /openapi.json: complete against the router's table, valid for a public validator, true for a client generated from it.
import { describe, expect, it } from 'vitest';
import { connectors } from '../../src/connectors/index.ts';
import { openApiDocument, undescribed } from '../../src/rest/openapi/document.ts';
import { operationGroups } from '../../src/rest/openapi/operations.ts';
import { createRestRouter } from '../../src/rest/routes/index.ts';
import { makeService } from '../service/make-service.ts';

/** All routes that there can be, also those that a setting switches on. */
async function allRoutes() {
  const made = await makeService();
  const router = createRestRouter({
    service: made.service,
    server: { info: () => ({ version: '0' }) } as never,
    log: undefined as never,
    trialServer: undefined as never,
    metrics: () => '',
    functions: async () => undefined as never,
    connectors: () => connectors,
    owner: { settings: {} as never, mqttUsers: {} as never, tokens: {} as never },
  });
  await made.close();
  return router.routes;
}
const routes = await allRoutes();
const definitions = await Promise.all(connectors.map((c) => c.load()));
const document = openApiDocument({ version: '0.0.0', routes, connectors: definitions }) as Record<string, any>;

// @covers issue:18#1
describe('the description of REST', () => {
  it('describes every route: a new one needs a line in src/rest/openapi/operations.ts', () => {
    expect(undescribed(routes)).toEqual([]);
  });

  it('describes no route that does not exist, and each once', () => {
    const there = new Set(routes.map((r) => `${r.method} ${r.path}`));
    const lines = Object.values(operationGroups).flatMap((g) => Object.keys(g));
    expect(lines.filter((l) => !there.has(l))).toEqual([]);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('has an operation id of its own for each, a summary, and an answer', () => {
    const all = Object.values(document['paths'] as Record<string, Record<string, any>>).flatMap((p) => Object.values(p));
    expect(all).toHaveLength(routes.length);
    const ids = all.map((o) => o['operationId'] as string);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    for (const o of all) {
      expect(o['summary'].length, o['operationId']).toBeGreaterThan(5);
      expect(Object.keys(o['responses']).filter((s) => s.startsWith('2')).length, o['operationId']).toBeGreaterThan(0);
    }
  });

  it('declares the properties of every source and sink with types, ranges and secrets', () => {
    const { schemas } = document['components'];
    for (const c of connectors) {
      if (c.offers.includes('sink')) expect(Object.keys(schemas[`sink_${c.name}`].properties), c.name).toContain('sendSingle');
      if (c.offers.includes('source')) expect(Object.keys(schemas[`source_${c.name}`].properties), c.name).toContain('payloadFormat');
    }
    expect(schemas['sink_mqtt'].properties['password']).toMatchObject({ type: 'string', writeOnly: true });
    expect(schemas['sink_mqtt'].properties['qos']).toMatchObject({ type: 'integer', enum: [0, 1, 2], default: 0 });
    expect(schemas['sink_mqtt'].required).toEqual(['server', 'topic']);
  });
});

// `kuiper diag` of rules with several programs, of a schedule and of a batch: it names the step that data does not pass, and nothing where data flows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

interface Diag {
  ok: boolean;
  summary: string;
  notes: string[];
  stopsAt?: { step: string; at: string; text: string; cure: string };
}

let g: RealGateway;
beforeAll(async () => {
  g = await realGateway();
  await g.call('PUT', '/metadata/sources/simulator/confKeys/fast', { data: [{ a: 1 }], interval: '5ms', loop: true });
  await g.call('POST', '/streams', { sql: 'CREATE STREAM s () WITH (TYPE="simulator", CONF_KEY="fast")' });
});
afterAll(async () => await g?.close());

/** Of a rule that has had rows, as soon as `ready` says so. */
async function diagOf(rule: object, ready: (d: Diag) => boolean): Promise<Diag> {
  const made = await g.call('POST', '/rules', { id: 'r', actions: [{ nop: {} }], ...rule });
  expect(made.status, made.text).toBe(201);
  let diag: Diag | undefined;
  try {
    await until(
      async () => {
        diag = JSON.parse((await g.call('GET', '/rules/r/diag')).text) as Diag;
        return ready(diag);
      },
      `diag: ${JSON.stringify(rule)}`,
    );
  } finally {
    await g.call('DELETE', '/rules/r');
  }
  if (!diag) throw new Error('there was no diag');
  return diag;
}

// @covers issue:18#4
// @covers issue:18#3
describe('diag', () => {
  test('names the filter of a step of WITH with its condition', async () => {
    const sql = 'WITH hot AS (SELECT a FROM s WHERE a > 1000) SELECT a FROM hot';
    const d = await diagOf({ sql }, ({ notes }) => notes.some((n) => n.startsWith('Filter hot_')));
    expect(d).toMatchObject({ ok: true, stopsAt: { step: 'filter' } });
    expect(d.stopsAt?.text).toMatch(/^Filter hot_3_filter .*has let none of \d+ rows through/);
  });

  test('does not stop at a side of UNION ALL that lets nothing through while the other does', async () => {
    const sql = 'SELECT a FROM s WHERE a > 1000 UNION ALL SELECT a FROM s';
    const d = await diagOf({ sql }, ({ summary }) => summary.startsWith('Data flows'));
    expect(d).toMatchObject({ ok: true });
    expect(d.stopsAt).toBeUndefined();
  });

  test('says when a rule with a schedule starts, and asks for nothing', async () => {
    const options = { cron: '0 0 1 1 *', duration: '1m' };
    const d = await diagOf({ sql: 'SELECT a FROM s', options }, ({ stopsAt }) => stopsAt !== undefined);
    expect(d.stopsAt?.text).toMatch(/^The rule waits for its schedule: it starts at \d{4}-/);
    expect(d.stopsAt?.cure).toContain('Nothing needs to be done');
  });

  test('says that results wait for their batch', async () => {
    const rule = { sql: 'SELECT a FROM s', actions: [{ nop: { batchSize: 100_000 } }] };
    const d = await diagOf(rule, ({ stopsAt }) => stopsAt?.step === 'sink');
    expect(d).toMatchObject({ ok: true, stopsAt: { at: 'nop_0' } });
    expect(d.stopsAt?.text).toContain('results wait for their batch');
    expect(d.stopsAt?.cure).toContain('lingerInterval');
  });
});

// Metrics, alert rules and dashboard as Prometheus itself sees them: promtool of the Debian package checks syntax, units and expressions.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { bounds, Histogram } from '../../src/runtime/status/histogram.ts';
import { repeat, type World, world } from '../runtime/diagnosis/world.ts';

let w: World | undefined;
afterEach(async () => {
  await w?.end();
  w = undefined;
});

function promtool(args: string[], input?: string): { code: number | null; text: string } {
  const r = spawnSync('promtool', args, { input, encoding: 'utf8' });
  if (r.error) throw new Error('promtool is missing: scripts/test-deps.sh installs the Debian package prometheus', { cause: r.error });
  return { code: r.status, text: r.stdout + r.stderr };
}

const alerts = 'docs/monitoring/alerts.yaml';
const dashboard = () =>
  JSON.parse(readFileSync('docs/monitoring/grafana-dashboard.json', 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
const metricNames = (text: string): string[] => [...text.matchAll(/\bkuiper_[a-z0-9_]+/g)].map((m) => m[0]);

async function metrics(): Promise<string> {
  w = await world({ sql: 'SELECT a FROM s WHERE a > 1' });
  await repeat(33, 1, w, (a) => ({ a }));
  return w.h.runtime.metricsText();
}

// @covers issue:18#5
// @covers finding:parity#12
describe('Prometheus', () => {
  test('reads our metrics without a parse error', async () => {
    const { text } = promtool(['check', 'metrics'], await metrics());
    expect(text).not.toMatch(/error|invalid|unexpected/i);
  });

  test('accepts the alert rules', () => {
    const { code, text } = promtool(['check', 'rules', alerts]);
    expect(text).toContain('8 rules found');
    expect(code).toBe(0);
  });

  test('finds every metric of the alerts and of the dashboard among those that are served', async () => {
    const served = new Set([...(await metrics()).matchAll(/^(kuiper_[a-z0-9_]+)\{/gm)].map((m) => m[1]!));
    const used = [
      ...metricNames(readFileSync(alerts, 'utf8')),
      ...dashboard().panels.flatMap((p) => p.targets.flatMap((t) => metricNames(t.expr))),
    ];
    expect(used.length).toBeGreaterThan(15);
    expect(used.filter((name) => !served.has(name))).toEqual([]);
  });

  test('accepts every expression of the dashboard', () => {
    const exprs = dashboard().panels.flatMap((p) => p.targets.map((t) => t.expr.replaceAll('$instance', '.*')));
    const rules = { groups: [{ name: 'dashboard', rules: exprs.map((expr, i) => ({ record: `panel:${i}`, expr })) }] };
    const folder = mkdtempSync(join(tmpdir(), 'kuiper-dashboard-'));
    writeFileSync(join(folder, 'rules.yaml'), JSON.stringify(rules));
    const { code, text } = promtool(['check', 'rules', join(folder, 'rules.yaml')]);
    rmSync(folder, { recursive: true });
    expect(text).toContain(`${exprs.length} rules found`);
    expect(code).toBe(0);
  });
});

describe('latencies', () => {
  test('of one in 16 messages, rows and results are in histograms whose buckets add up', async () => {
    const text = await metrics();
    const value = (line: string) => Number(new RegExp(`^${line.replace(/[{}|+]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1]);
    const source = 'rule="r",type="source",op="s",op_instance="0"';
    expect(value(`kuiper_source_process_latency_us_hist_count{${source}}`)).toBe(3);
    expect(value(`kuiper_source_process_latency_us_hist_bucket{${source},le="+Inf"}`)).toBe(3);
    expect(value('kuiper_rule_process_latency_us_hist_count{rule="r"}')).toBe(2);
    expect(value('kuiper_sink_process_latency_us_hist_count{rule="r",type="sink",op="fake_0",op_instance="0"}')).toBe(2);
    expect(value('kuiper_rule_ok{rule="r"}')).toBe(1);
  });

  // @covers issue:18#5
  test('of each operator are in a histogram of its own, from one row in 10 ms at most, and as quantiles in health', async () => {
    w = await world({ sql: 'SELECT a FROM s WHERE a > 1' });
    await repeat(33, 1, w, (a) => ({ a }));
    const text = w.h.runtime.metricsText();
    const counts = [...text.matchAll(/^kuiper_op_process_latency_us_hist_count\{rule="r",type="op",op="(\w+)",op_instance="0"\} (\d+)$/gm)];
    // rows 1, 17 and 33 are measured, each 10 ms and more after the one before; the first does not pass the filter
    expect(counts.map((m) => [m[1], m[2]])).toEqual([
      ['3_filter', '2'],
      ['4_project', '1'],
    ]);
    expect(w.rule.health().operatorTimes.map(({ op, rows }) => [op, rows])).toEqual([
      ['3_filter', 2],
      ['4_project', 1],
    ]);
  });

  // @covers issue:18#5
  test("nodes that decode and encode have eKuiper's names and counts, in metrics and in status", async () => {
    const text = await metrics();
    const count = (op: string) =>
      new RegExp(`^kuiper_op_records_in_total\\{rule="r",type="op",op="${op}",op_instance="0"\\} (\\d+)$`, 'm').exec(text)?.[1];
    expect(['2_decoder', '3_filter', '4_project', 'fake_0_0_transform', 'fake_0_1_encode'].map(count)).toEqual([
      '33',
      // the rule's index kept one away
      '32',
      '31',
      '31',
      '31',
    ]);
    const status = w!.rule.status();
    expect(status['op_2_decoder_0_records_in_total']).toBe(33);
    expect(status['op_2_decoder_0_messages_processed_total']).toBe(33);
    expect(status['op_fake_0_0_transform_0_records_in_total']).toBe(31);
    expect(status['op_fake_0_1_encode_0_records_out_total']).toBe(31);
  });

  test('have quantiles as Prometheus estimates them', () => {
    const h = new Histogram();
    expect([h.quantileUs(0.5), h.quantileUs(0.99)]).toEqual([0, 0]);
    for (let i = 0; i < 90; i++) h.observe(80);
    for (let i = 0; i < 9; i++) h.observe(200);
    h.observe(5_000_000);
    // 90 of 100 between 50 and 100 µs, 9 between 100 and 250, one beyond the last bound
    expect(h.quantileUs(0.5)).toBe(78);
    expect(h.quantileUs(0.9)).toBe(100);
    expect(h.quantileUs(0.95)).toBe(183);
    expect(h.quantileUs(0.99)).toBe(250);
    expect(h.quantileUs(1)).toBe(1_000_000);
  });

  test('fall into the bucket whose bound they do not exceed', () => {
    const h = new Histogram();
    for (const us of [0, 50, 51, 1_000_000, 1_000_001]) h.observe(us);
    expect(h.counts).toHaveLength(bounds.length + 1);
    expect(h.counts[0]).toBe(2);
    expect(h.counts[1]).toBe(1);
    expect(h.counts.at(-2)).toBe(1);
    expect(h.counts.at(-1)).toBe(1);
    expect(h).toMatchObject({ count: 5, sumUs: 2_000_102 });
  });
});

// A real Prometheus scrapes a running gateway's text and answers the questions of the alerts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { repeat, world } from '../runtime/diagnosis/world.ts';

// @covers issue:18#5
test('Prometheus scrapes the metrics, has the counts of the rule, and fires the alert of a rule that is not ok', {
  timeout: 90_000,
}, async () => {
  const w = await world({ sql: 'SELECT a FROM s WHERE a > 1' });
  await repeat(33, 1, w, (a) => ({ a }));
  let text = w.h.runtime.metricsText();
  const served = createServer((_req, res) => res.setHeader('Content-Type', 'text/plain; version=0.0.4').end(text)).listen(0, '127.0.0.1');
  await new Promise((resolve) => served.once('listening', resolve));
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-scrape-'));
  // the alerts as we give them away, without their patience
  const alerts = readFileSync('docs/monitoring/alerts.yaml', 'utf8').replaceAll(/\n\s+for: \S+/g, '');
  writeFileSync(join(folder, 'alerts.yaml'), alerts);
  writeFileSync(
    join(folder, 'prometheus.yml'),
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: kuiper
    static_configs: [{ targets: ['127.0.0.1:${(served.address() as AddressInfo).port}'] }]
`,
  );
  const said: string[] = [];
  const server = spawn('prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  server.on('error', (e) => said.push(`prometheus is missing (${e.message}): scripts/test-deps.sh installs the Debian package`));
  server.stderr.setEncoding('utf8').on('data', (t: string) => said.push(t));
  const ended = new Promise((resolve) => server.once('close', resolve));
  const ask = async (query: string): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
    return ((await answer.json()) as { data: { result: [] } }).data.result;
  };
  try {
    await vi.waitFor(
      async () => expect(await ask('up{job="kuiper"}'), said.at(-1) ?? '').toMatchObject([{ value: [expect.any(Number), '1'] }]),
      {
        timeout: 60_000,
        interval: 250,
      },
    );
    expect(await ask('kuiper_source_records_in_total')).toMatchObject([
      { metric: { rule: 'r', type: 'source', op: 's' }, value: [expect.any(Number), '33'] },
    ]);
    expect(await ask('kuiper_rule_ok')).toMatchObject([{ metric: { rule: 'r' }, value: [expect.any(Number), '1'] }]);
    expect(await ask('ALERTS{alertstate="firing"}')).toEqual([]);
    text = text.replace('kuiper_rule_ok{rule="r"} 1', 'kuiper_rule_ok{rule="r"} 0');
    await vi.waitFor(async () => expect(await ask('ALERTS{alertstate="firing"}')).toMatchObject([{ metric: { rule: 'r' } }]), {
      timeout: 20_000,
      interval: 250,
    });
  } finally {
    server.kill();
    await ended;
    served.close();
    served.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
    await w.end();
  }
});

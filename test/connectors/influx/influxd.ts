// InfluxDB 1 and VictoriaMetrics of a test's own, and questions to them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RealServer, startServer } from '../../helpers/real-server.ts';

export const startInflux = (auth = false): Promise<RealServer> =>
  startServer({
    name: 'influxd',
    morePorts: 1,
    prepare({ port, ports, folder }) {
      writeFileSync(
        join(folder, 'influx.conf'),
        `reporting-disabled = true
bind-address = "127.0.0.1:${ports[0]}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${auth}
  log-enabled = false
[monitor]
  store-enabled = false
`,
      );
    },
    command: ({ folder }) => ['influxd', 'run', '-config', join(folder, 'influx.conf')],
    ready: async ({ port }) => {
      try {
        return (await fetch(`http://127.0.0.1:${port}/ping`)).status === 204;
      } catch {
        return false; // not yet
      }
    },
  });

export const startVictoria = (): Promise<RealServer> =>
  startServer({
    name: 'victoria',
    command: ({ port, folder }) => ['victoria-metrics', `-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${folder}/data`],
    ready: async ({ port }) => {
      try {
        return (await fetch(`http://127.0.0.1:${port}/health`)).ok;
      } catch {
        return false; // not yet
      }
    },
  });

/** @returns rows of the first series, as objects; times in ns as texts where epoch is ns */
export async function ask(server: RealServer, q: string, db = 'plant'): Promise<Record<string, unknown>[]> {
  const url = `http://127.0.0.1:${server.port}/query?${new URLSearchParams({ db, q, epoch: 'ns' })}`;
  const text = await (await fetch(url, { method: 'POST' })).text();
  // nanoseconds are beyond 2^53
  const answer = JSON.parse(text.replace(/(\[)(\d{17,})/g, '$1"$2"')) as {
    results: { error?: string; series?: { columns: string[]; values: unknown[][] }[] }[];
  };
  const [result] = answer.results;
  if (result?.error) throw new Error(result.error);
  return (result?.series ?? []).flatMap((s) => s.values.map((v) => Object.fromEntries(s.columns.map((c, i) => [c, v[i]]))));
}

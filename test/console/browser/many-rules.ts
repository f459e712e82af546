// 200 rules that get 10,000 rows a second together, for the tests and the record of what a viewer costs.
import type { RunningDaemon } from '../../daemon/daemon-process.ts';

export const RULES = 200;

/** Every 20 ms a row, which each of the rules reads: 50 a second × 200. @throws when the gateway refuses */
export async function makeManyRules(daemon: RunningDaemon): Promise<void> {
  const rest = async (method: string, path: string, body: unknown): Promise<void> => {
    const { status, text } = await daemon.call(method, path, body);
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`);
  };
  const data = Array.from({ length: 100 }, (_, n) => ({ n, temperature: 60 + (n % 40) }));
  await rest('PUT', '/metadata/sources/simulator/confKeys/many', { data, interval: '20ms', loop: true });
  await rest('POST', '/streams', { sql: 'CREATE STREAM many () WITH (TYPE="simulator", CONF_KEY="many", FORMAT="json", SHARED="true")' });
  const calls = Array.from({ length: RULES }, (_, i) => ({
    method: 'POST',
    path: '/rules',
    body: JSON.stringify({ id: `rule${i}`, sql: `SELECT n FROM many WHERE temperature > ${i % 90}`, actions: [{ nop: {} }] }),
  }));
  await rest('POST', '/batch/req', calls);
}

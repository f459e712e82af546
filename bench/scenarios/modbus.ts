// 1,000 points over Modbus TCP in cycles of 1 s: late cycles must be none; CPU of the daemon, with the simulated controller in this process. Once with a
// controller that answers at once, once with one that needs 5 ms per request.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPlc } from '../../src/connectors/modbus/simulator/plc.ts';
import { serveTcp } from '../../src/connectors/modbus/simulator/serve-tcp.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import type { Scenario } from './index.ts';

interface Round {
  replyDelayMs: number;
  cycles: number;
  lateCycles: number;
  cpuPercent: number;
  seconds: number;
}

interface Result {
  rounds: Round[];
}

const POINTS = 1000;
const SECONDS = 20;
const REPLY_DELAYS_MS = [0, 5];
/** User and system time of a process, ms. @source proc(5): fields 14 and 15 of stat, in ticks of 10 ms */
const cpuMs = (pid: number) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

async function round(replyDelayMs: number): Promise<Round> {
  const root = mkdtempSync(path.join(tmpdir(), 'kuiper-bench-'));
  const server = await serveTcp(createPlc([1], 3000));
  server.faults = { delayMs: replyDelayMs };
  mkdirSync(path.join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(
    path.join(root, 'etc/sources/modbus/many.yaml'),
    `points:\n${Array.from({ length: POINTS }, (_, i) => `  - {name: p${i}, address: ${i * 2}, type: float32}`).join('\n')}\n`,
  );
  const daemon = await startDaemon(1, { root });
  try {
    await must(daemon, 'POST', '/streams', {
      sql: `CREATE STREAM many () WITH (TYPE="modbus", DATASOURCE="many", FORMAT="json", EXTRA="{\\"host\\":\\"127.0.0.1\\",\\"tcpPort\\":${server.port},\\"interval\\":1000}")`,
    });
    await must(daemon, 'POST', '/rules', { id: 'many', sql: 'SELECT * FROM many', actions: [{ nop: {} }] });
    await running(daemon, 'many');
    const cycles = () => counter(daemon, 'many', /^source_many.*records_out_total$/);
    const late = async () => {
      const status = JSON.parse(await must(daemon, 'GET', '/rules/many/status')) as { health: { sources: { dropped: number }[] } };
      return status.health.sources.reduce((n, source) => n + source.dropped, 0);
    };
    const [cycles0, late0, cpu0] = [await cycles(), await late(), cpuMs(daemon.pid)];
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    return {
      replyDelayMs,
      cycles: (await cycles()) - cycles0,
      lateCycles: (await late()) - late0,
      cpuPercent: (cpuMs(daemon.pid) - cpu0) / (SECONDS * 10),
      seconds: SECONDS,
    };
  } finally {
    await daemon.stop();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
}

const isGood = (r: Round) => r.lateCycles === 0 && r.cycles >= r.seconds - 1;

export const modbus: Scenario<Result> = {
  name: 'modbus',
  doc: `${POINTS} points over Modbus TCP at 1 s`,
  needsBroker: false,
  async run() {
    const rounds: Round[] = [];
    for (const ms of REPLY_DELAYS_MS) rounds.push(await round(ms));
    return { rounds };
  },
  print: ({ rounds }) =>
    rounds.map(
      (r) =>
        `replies after ${r.replyDelayMs} ms: ${r.cycles} cycles in ${r.seconds} s, ${r.lateCycles} late ${isGood(r) ? 'ok' : 'MISSED'}; ${r.cpuPercent.toFixed(1)} % of a core`,
    ),
};

// 300 and 2,000 rules on one shared stream, each with its own predicate: CPU per message, memory, creation and restart.
import { startMosquitto } from '../../test/helpers/mosquitto.ts';
import { counter, must, running, startDaemon } from '../daemon.ts';
import { cpuUs, rssBytes } from '../measure.ts';
import type { Scenario } from './index.ts';
import { publish, settled } from './load.ts';

interface One {
  rules: number;
  usPerMessage: number;
  rssMB: number;
  createMsPerRule: number;
  restartMs: number;
}

async function measure(rules: number): Promise<One> {
  const broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
  const daemon = await startDaemon(broker.port, { keepRoot: true });
  try {
    await must(daemon, 'POST', '/streams', {
      sql: 'CREATE STREAM sensors () WITH (DATASOURCE="bench/many", FORMAT="json", SHARED="TRUE")',
    });
    const t0 = performance.now();
    for (let i = 0; i < rules; i++)
      await must(daemon, 'POST', '/rules', {
        id: `r${i}`,
        sql: `SELECT device, temperature FROM sensors WHERE device = "dev-${i % 5000}" AND temperature > ${20 + (i % 20)}`,
        actions: [{ nop: {} }],
      });
    const createMsPerRule = (performance.now() - t0) / rules;
    await running(daemon, `r${rules - 1}`);
    await publish(broker.port, 10_000, 2000, 'bench/many');
    await settled(() => counter(daemon, 'r0', /^source_.*_records_in_total$/), 10_000);
    const c0 = cpuUs(daemon.pid);
    const count = 20_000;
    await publish(broker.port, count, 2000, 'bench/many');
    await settled(() => counter(daemon, 'r0', /^source_.*_records_in_total$/), 10_000 + count);
    const usPerMessage = (cpuUs(daemon.pid) - c0) / count;
    const rssMB = rssBytes(daemon.pid) / 1e6;
    await daemon.stop();
    const t1 = performance.now();
    const again = await startDaemon(broker.port, { root: daemon.root });
    for (;;) {
      const list = JSON.parse((await again.rest('GET', '/rules')).text) as { status: string }[];
      if (list.length === rules && list.every((r) => r.status === 'running')) break;
      if (performance.now() - t1 > 30_000) throw new Error('rules are not back after 30 s');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const restartMs = performance.now() - t1;
    await again.stop();
    return { rules, usPerMessage, rssMB, createMsPerRule, restartMs };
  } finally {
    await daemon.kill();
    await broker.remove();
  }
}

export const manyRules: Scenario<One[]> = {
  name: 'many-rules',
  doc: '300 and 2,000 rules with own predicates on one shared stream',
  needsBroker: true,
  run: async () => [await measure(300), await measure(2000)],
  print: (list) =>
    list.map(
      (r) =>
        `${r.rules} rules: ${r.usPerMessage.toFixed(1)} µs a message (limit ${r.rules === 300 ? 15 : 40}), RSS ${r.rssMB.toFixed(0)} MB, create ${r.createMsPerRule.toFixed(2)} ms, restart ${r.restartMs.toFixed(0)} ms`,
    ),
};

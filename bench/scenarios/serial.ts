// 115,200 baud of 20-byte frames over a pty pair: every frame must arrive, and what that costs. The pty knows no baud rate: the writer keeps
// the pace of the line (11,520 bytes a second).
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { createPtyPair } from '../../test/helpers/pty-pair.ts';
import { must, running, startDaemon } from '../daemon.ts';
import { cpuUs } from '../measure.ts';
import type { Scenario } from './index.ts';

const FRAME_BYTES = 20;
const FRAMES_PER_S = 11_520 / FRAME_BYTES;
const SECONDS = 10;

interface Result {
  sent: number;
  received: number;
  /** Share of one core while the frames flow, and of the same daemon with the port open and silent. */
  cpuShare: number;
  idleShare: number;
}

export const serial: Scenario<Result> = {
  name: 'serial',
  doc: '115,200 baud of 20-byte frames → layout → rule → nop',
  needsBroker: false,
  async run() {
    const pair = await createPtyPair();
    const daemon = await startDaemon(1883);
    const fd = openSync(pair.b, constants.O_WRONLY | constants.O_NOCTTY);
    try {
      const layout = [
        { name: 'seq', offset: 0, type: 'uint32' },
        { name: 'temperature', offset: 4, type: 'int16', scale: 0.1 },
        { name: 'pressure', offset: 6, type: 'float32' },
        { name: 'flags', offset: 10, type: 'uint8' },
      ];
      const extra = JSON.stringify({ port: pair.a, baudRate: 115200, framing: 'fixed', frameBytes: FRAME_BYTES, layout });
      await must(daemon, 'POST', '/streams', {
        sql: `CREATE STREAM ser () WITH (TYPE="serial", DATASOURCE="", FORMAT="json", EXTRA="${extra.replaceAll('"', '\\"')}")`,
      });
      await must(daemon, 'POST', '/rules', {
        id: 'ser',
        sql: 'SELECT seq, temperature, pressure FROM ser WHERE temperature > -1000',
        actions: [{ nop: {} }],
      });
      await running(daemon, 'ser');
      const share = async (work: () => Promise<void>) => {
        const cpu = cpuUs(daemon.pid);
        const startMs = performance.now();
        await work();
        return (cpuUs(daemon.pid) - cpu) / 1000 / (performance.now() - startMs);
      };
      const idleShare = await share(() => new Promise((resolve) => setTimeout(resolve, 3000)));
      const total = FRAMES_PER_S * SECONDS;
      let sent = 0;
      const frame = Buffer.alloc(FRAME_BYTES, 0x41);
      const cpuShare = await share(async () => {
        const startMs = performance.now();
        while (sent < total) {
          const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1000) * FRAMES_PER_S));
          for (; sent < due; sent++) {
            frame.writeUInt32BE(sent);
            writeSync(fd, frame);
          }
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 500));
      const status = JSON.parse(await must(daemon, 'GET', '/rules/ser/status')) as Record<string, unknown>;
      const key = Object.keys(status).find((k) => /^sink_.*_records_in_total$/.test(k));
      return { sent, received: Number(key ? status[key] : Number.NaN), cpuShare, idleShare };
    } finally {
      closeSync(fd);
      await daemon.stop();
      await pair.close();
    }
  },
  print: (r) => [
    `${r.received} of ${r.sent} frames ${r.received === r.sent ? 'ok' : 'MISSED'}; CPU ${(r.cpuShare * 100).toFixed(1)} % of one core (port silent: ${(r.idleShare * 100).toFixed(1)} %)`,
  ],
};

// A source on a line that is lost and comes back, again and again: server killed (TCP), adapter pulled out (RTU on a pty). Used by the test (few
// rounds) and by scripts/modbus-campaign.ts (100).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';
import { createPtyPair } from '../../helpers/pty-pair.ts';
import type { Peer } from './peers.ts';
import { holdingValue } from './pymodbus.ts';

export interface ReturnRounds {
  /** From the moment when the server serves again to the next row, ms per round. */
  readonly returnMs: number[];
  /** Rows with another value than the register's. */
  readonly wrong: number;
}

async function openSource(props: Record<string, unknown>) {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-'));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(join(root, 'etc/sources/modbus/one.yaml'), 'points: [{name: a, address: 10, type: uint16}]');
  const rows: { value: unknown; atMs: number }[] = [];
  const source = createModbusSource();
  const ctx = Object.assign(createTestContext(), { getRootPath: () => root });
  await source.configure!('one', props);
  await source.open(
    ctx,
    (row) => void rows.push({ value: (row as Row)['a'], atMs: performance.now() }),
    () => undefined,
  );
  return {
    rows,
    ctx,
    async close() {
      await source.close(ctx);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

async function rounds(
  count: number,
  props: Record<string, unknown>,
  turn: { lose(lost: () => boolean, round: number): Promise<void>; comeBack(): Promise<void> },
): Promise<ReturnRounds> {
  const source = await openSource(props);
  const returnMs: number[] = [];
  try {
    const { rows } = source;
    await until(() => rows.length > 0, 'first row', 10_000);
    for (let i = 0; i < count; i++) {
      await turn.lose(() => source.ctx.states.at(-1)?.state === 'disconnected', i);
      await turn.comeBack();
      const backMs = performance.now();
      await until(() => rows.at(-1)!.atMs > backMs, `row after return ${i}`, 10_000);
      returnMs.push(Math.round(rows.find((r) => r.atMs > backMs)!.atMs - backMs));
    }
    return { returnMs, wrong: rows.filter((r) => r.value !== BigInt(holdingValue(1, 10))).length };
  } finally {
    await source.close();
  }
}

/** Interval of 1 s, as the default. */
export async function killRounds(peer: Peer, count: number): Promise<ReturnRounds> {
  const port = await freePort();
  let server = await peer.startTcp(port);
  try {
    return await rounds(
      count,
      { host: '127.0.0.1', tcpPort: port, interval: 1000 },
      {
        async lose(_lost, round) {
          await server.kill();
          await new Promise((resolve) => setTimeout(resolve, 200 + ((round * 531) % 1500)));
        },
        async comeBack() {
          server = await peer.startTcp(port);
        },
      },
    );
  } finally {
    await server.kill();
  }
}

export async function unplugRounds(peer: Peer, count: number): Promise<ReturnRounds> {
  const pair = await createPtyPair();
  let server = await peer.startRtu(pair.b);
  try {
    return await rounds(
      count,
      { protocol: 'rtu', port: pair.a, baudRate: 115_200, interval: 1000, timeout: 500 },
      {
        async lose(lost, round) {
          await pair.unplug();
          await server.kill();
          await until(lost, 'loss seen', 5000);
          await new Promise((resolve) => setTimeout(resolve, (round * 531) % 1500));
        },
        async comeBack() {
          await pair.plug();
          server = await peer.startRtu(pair.b);
        },
      },
    );
  } finally {
    await server.kill();
    await pair.close();
  }
}

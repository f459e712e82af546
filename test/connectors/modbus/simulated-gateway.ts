// A Modbus gateway on the virtual clock: TCP with transaction ids on our side, one serial line behind it that serves one request after the other. A unit
// that it cannot reach blocks that line for as long as the gateway waits.
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import type { ModbusRequest } from '../../../src/connectors/modbus/frame.ts';
import type { Transport } from '../../../src/connectors/modbus/transport/transport.ts';

export interface GatewayOptions {
  /** Time of a unit that answers, ms. */
  livingMs?: number;
  /** How long the gateway waits for a unit that does not answer, ms. */
  deadMs?: number;
  /** What it says then; undefined: nothing. */
  exception?: number | undefined;
  /** Units that do not answer. May be changed. */
  dead?: Set<number>;
  /** Units that need longer, ms. */
  slow?: ReadonlyMap<number, number>;
  /** Requests to these units are answered with this exception at once. */
  refuse?: ReadonlyMap<number, number>;
  /** A request to one of these units ends the connection, after the time of a unit that answers. May be changed. */
  ends?: ReadonlySet<number>;
  /** Each unit has a line of its own: one that is dead blocks nobody. */
  parallel?: boolean;
}

export function createSimulatedGateway({
  livingMs = 20,
  deadMs = 1000,
  exception,
  dead = new Set(),
  slow = new Map(),
  refuse = new Map(),
  ends = new Set(),
  parallel = false,
}: GatewayOptions) {
  const clock = createVirtualClock();
  const log = createMemoryLog();
  const seen: { atMs: number; unit: number }[] = [];
  let freeAtMs = 0;
  let connections = 0;
  const open = async (): Promise<Transport> => {
    connections++;
    const lost = Promise.withResolvers<Error>();
    freeAtMs = 0;
    let closed = false;
    const end = () => {
      closed = true;
      lost.resolve(new Error('the server closed the connection'));
    };
    return {
      gapMs: 0,
      renewable: false,
      overlaps: true,
      wireMs: () => 0,
      strays: 0,
      lost: lost.promise,
      async send(request: ModbusRequest, onFrame) {
        seen.push({ atMs: clock.monotonic(), unit: request.unit });
        if (ends.has(request.unit)) {
          clock.setTimer(livingMs, end);
          return;
        }
        const isDead = dead.has(request.unit);
        const refusal = refuse.get(request.unit);
        const takesMs = isDead ? deadMs : refusal !== undefined ? livingMs : (slow.get(request.unit) ?? livingMs);
        freeAtMs = parallel ? clock.monotonic() + takesMs : Math.max(freeAtMs, clock.monotonic()) + takesMs;
        if (isDead && exception === undefined) return;
        const code = isDead ? exception : refusal;
        const atMs = freeAtMs;
        clock.setTimer(atMs - clock.monotonic(), () => {
          if (closed) return;
          const reply =
            code === undefined
              ? Buffer.from([request.unit, request.fn, 2 * request.count, ...new Uint8Array(2 * request.count)])
              : Buffer.from([request.unit, request.fn | 0x80, code]);
          onFrame(reply);
        });
      },
      close: async () => undefined,
    };
  };
  const bus = new ModbusBus('gateway', open, clock, log.log, { random: () => 0.5 });
  return { clock, bus, seen, log, dead, connections: () => connections };
}

/** Reads each unit in cycles of `intervalMs`, as a source does: a cycle that is still under way is not started twice. @returns good cycles per unit */
export function readInCycles(
  { clock, bus }: Pick<ReturnType<typeof createSimulatedGateway>, 'clock' | 'bus'>,
  ids: readonly number[],
  { intervalMs = 1000, timeoutMs = 3000, retries = 1, quietMs = 0 } = {},
) {
  const good = new Map<number, number>(ids.map((id) => [id, 0]));
  let stopped = false;
  for (const id of ids) {
    let busy = false;
    const tick = () => {
      if (stopped) return;
      clock.setTimer(intervalMs, tick);
      if (busy) return;
      busy = true;
      bus
        .request({ unit: id, fn: 3, address: 0, count: 2 }, { timeoutMs, retries, quietMs, gapMs: 0 })
        .then(
          () => good.set(id, good.get(id)! + 1),
          () => undefined,
        )
        .finally(() => {
          busy = false;
        });
    };
    tick();
  }
  return { good, stop: () => void (stopped = true) };
}

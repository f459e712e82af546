// A serial line on the virtual clock: the real bus and RTU framing on one side, simulated units on the other, and the time that bytes take.
import { Duplex } from 'node:stream';
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { ModbusBus } from '../../../src/connectors/modbus/bus/bus.ts';
import type { UnitSettings } from '../../../src/connectors/modbus/bus/unit.ts';
import type { Faults } from '../../../src/connectors/modbus/simulator/faults.ts';
import { createPlc, type Plc } from '../../../src/connectors/modbus/simulator/plc.ts';
import { type SimulatedLine, serveStream } from '../../../src/connectors/modbus/simulator/serve-stream.ts';
import { streamTransport } from '../../../src/connectors/modbus/transport/stream.ts';

export interface SimulatedBus {
  clock: VirtualClock;
  bus: ModbusBus;
  plc: Plc;
  line: () => SimulatedLine;
  /** Requests that units saw: moment and bytes. */
  seen: { atMs: number; frame: Buffer }[];
  /** Bytes that come out of the blue. */
  inject(frame: Buffer): void;
  /** False: opening fails. */
  plugged: boolean;
  unplug(): void;
  opens: number;
}

export const settings: UnitSettings = { timeoutMs: 200, retries: 1, quietMs: 200, gapMs: 0 };
/** 8E1 at 19,200 baud. */
export const CHARACTER_MS = 11_000 / 19_200;

export interface SimulatedBusOptions {
  baudRate?: number;
  /** From the first moment; later: line().faults. */
  faults?: Faults;
}

export function createSimulatedBus(
  unitIds: readonly number[],
  random: () => number = () => 0.5,
  { baudRate = 19_200, faults = {} }: SimulatedBusOptions = {},
): SimulatedBus {
  const characterMs = (CHARACTER_MS * 19_200) / baudRate;
  const clock = createVirtualClock();
  const plc = createPlc(unitIds);
  const seen: SimulatedBus['seen'] = [];
  let line: SimulatedLine;
  let toUs: ((frame: Buffer) => void) | undefined;
  let lose: ((error: Error) => void) | undefined;
  const sim: SimulatedBus = {
    clock,
    plc,
    seen,
    plugged: true,
    opens: 0,
    line: () => line,
    inject: (frame) => toUs?.(frame),
    unplug() {
      sim.plugged = false;
      lose?.(new Error('unplugged'));
    },
    bus: new ModbusBus(
      'simulated',
      async () => {
        sim.opens++;
        if (!sim.plugged) throw new Error('no such port');
        // each side's write arrives at the other after its time on the line
        const after = (bytes: number, work: () => void) => void clock.setTimer(bytes * characterMs, work);
        const ours: Duplex = new Duplex({
          read: () => undefined,
          write(chunk: Buffer, _e, done) {
            after(chunk.length, () => {
              seen.push({ atMs: clock.monotonic(), frame: chunk });
              theirs.push(chunk);
            });
            done();
          },
        });
        const theirs: Duplex = new Duplex({
          read: () => undefined,
          write(chunk: Buffer, _e, done) {
            after(chunk.length, () => ours.push(chunk));
            done();
          },
        });
        toUs = (frame) => void ours.push(frame);
        line = serveStream(plc, theirs, (ms, work) => void clock.setTimer(ms, work), random);
        line.faults = faults;
        const ended = new Promise<Error | undefined>((resolve) => {
          lose = resolve;
        });
        return streamTransport(
          ours,
          'rtu',
          {
            gapMs: Math.max(1.75, 3.5 * characterMs),
            characterMs,
            now: () => clock.monotonic(),
            after: (ms, work) => {
              const timer = clock.setTimer(ms, work);
              return () => clock.clear(timer);
            },
          },
          ended,
          async () => undefined,
        );
      },
      clock,
      createMemoryLog().log,
      { random: () => 0.5 },
    ),
  };
  return sim;
}

/** A reader per unit, always asking: the load of a bus at its limit. @returns good reads per unit */
export function readForever(sim: SimulatedBus, ids: readonly number[], more: Partial<UnitSettings> = {}, address = 0) {
  const good = new Map<number, number>(ids.map((id) => [id, 0]));
  let stopped = false;
  for (const id of ids)
    void (async () => {
      while (!stopped) {
        try {
          await sim.bus.request({ unit: id, fn: 3, address, count: 10 }, { ...settings, ...more });
          good.set(id, good.get(id)! + 1);
        } catch {
          // dead: asked again in the next cycle, as a source does
          await sim.clock.sleep(400 + (id % 7) * 60);
        }
      }
    })();
  return { good, stop: () => void (stopped = true) };
}

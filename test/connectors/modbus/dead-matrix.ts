// Units that are dead in every way, on every kind of bus, in every number: what the living keep of their rate. Virtual time, so that each cell gives the same
// figure every time. Used by dead-matrix.test.ts and scripts/dead-units.ts.
import { createSimulatedBus } from './simulated-bus.ts';
import { createSimulatedGateway, readInCycles } from './simulated-gateway.ts';

/** slow gateway: it waits three times as long for a unit as we do. tcp: each unit has a line of its own. */
export const buses = ['rtu', 'gateway', 'slow gateway', 'tcp'] as const;
/** slow: the reply comes, after the time-out. */
export const deaths = ['silent', 'exception 4', 'exception 10', 'exception 11', 'slow'] as const;
export const deadUnits = {
  '1 of 10': [1],
  '2 of 10': [4, 9],
  '3 of 10': [2, 5, 8],
  '5 of 10': [1, 3, 5, 7, 9],
  'the first 5': [1, 2, 3, 4, 5],
} as const;

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const MINUTE_MS = 60_000;
/** How long a gateway, or a repeater on the line, waits for a dead unit; and how long we wait. */
const TIMES = {
  rtu: { deadMs: 1000, timeoutMs: 1000 },
  gateway: { deadMs: 1000, timeoutMs: 3000 },
  'slow gateway': { deadMs: 3000, timeoutMs: 1000 },
  tcp: { deadMs: 1000, timeoutMs: 3000 },
} as const;
/** So many time-outs after its request comes the reply of a slow unit. */
const SLOW = 1.2;

export interface Cell {
  readonly bus: (typeof buses)[number];
  readonly death: (typeof deaths)[number];
  readonly dead: keyof typeof deadUnits;
  /** Part of the cycles of the living that gave a value, in the first minute, while the dead are found. */
  readonly first: number;
  /** The same in the three minutes after, and of the living unit that fares worst. */
  readonly later: number;
  readonly worst: number;
  /** Values of dead units: 0. */
  readonly fromTheDead: number;
}

export async function deadCell(bus: Cell['bus'], death: Cell['death'], dead: Cell['dead']): Promise<Cell> {
  const ids: ReadonlySet<number> = new Set<number>(deadUnits[dead]);
  const code = Number(/\d+/.exec(death)?.[0] ?? 0);
  const { deadMs, timeoutMs: usualMs } = TIMES[bus];
  // an exception that comes after the time-out is silence on a line without numbers
  const timeoutMs = bus === 'rtu' && code ? 3000 : usualMs;
  const slowMs = death === 'slow' ? SLOW * timeoutMs : undefined;
  const site =
    bus === 'rtu' ? serialLine(ids, code, slowMs ?? deadMs, death === 'silent') : gateway(ids, code, slowMs, deadMs, bus === 'tcp');
  site.bus.watch(() => undefined);
  await site.clock.advance(1);
  const load = readInCycles(site, ALL, { timeoutMs, quietMs: bus === 'rtu' ? timeoutMs : 0 });
  const living = ALL.filter((id) => !ids.has(id));
  const minutes = async (count: number) => {
    const before = new Map(load.good);
    await site.clock.advance(count * MINUTE_MS);
    const rates = living.map((id) => ((load.good.get(id) ?? 0) - (before.get(id) ?? 0)) / (60 * count));
    return { mean: rounded(rates.reduce((a, b) => a + b, 0) / rates.length), worst: rounded(Math.min(...rates)) };
  };
  const first = await minutes(1);
  const later = await minutes(3);
  load.stop();
  await site.bus.close();
  const fromTheDead = [...ids].reduce((n, id) => n + (load.good.get(id) ?? 0), 0);
  return { bus, death, dead, first: first.mean, later: later.mean, worst: later.worst, fromTheDead };
}

const rounded = (n: number) => Math.round(n * 1000) / 1000;

function gateway(dead: ReadonlySet<number>, code: number, slowMs: number | undefined, deadMs: number, parallel: boolean) {
  if (slowMs === undefined) return createSimulatedGateway({ dead: new Set(dead), deadMs, exception: code || undefined, parallel });
  return createSimulatedGateway({ slow: new Map([...dead].map((id) => [id, slowMs])), parallel });
}

function serialLine(dead: ReadonlySet<number>, code: number, lateMs: number, silent: boolean) {
  const faults = silent ? { dead } : { slow: new Map([...dead].map((id) => [id, lateMs])) };
  const sim = createSimulatedBus(ALL, () => 0.5, { faults });
  if (code > 0) sim.plc.refuse = (request) => (dead.has(request[0]!) ? code : undefined);
  return sim;
}

export async function deadMatrix(tell: (cell: Cell) => void = () => undefined): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const bus of buses)
    for (const death of deaths)
      for (const dead of Object.keys(deadUnits) as Cell['dead'][]) {
        const cell = await deadCell(bus, death, dead);
        tell(cell);
        cells.push(cell);
      }
  return cells;
}

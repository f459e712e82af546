// What happens in one simulated run, made from its seed: the load, the rules, and a list of faults. A list, so that a failing run can be made smaller by
// leaving faults out (shrink.ts).
import { createRandom } from './world.ts';

export const faultKinds = [
  'kill',
  'kill-between-outputs',
  'power-cut',
  'shutdown',
  'broker-away',
  'broker-mute',
  'broker-cut',
  'broker-cut-before-ack',
  'sink-away',
  'sink-hangs',
  'sink-lossy',
  'sink-slow',
  'sink-cut',
  'sink-refuses',
  'disk-full',
  'disk-readonly',
  'disk-errors',
  'disk-slow',
  'lookup-slow',
  'clock-jump',
  'rule-update',
  'rule-restart',
  'overload',
  'modbus-away',
  'modbus-unit-dead',
  'modbus-late',
  'plugin-change',
] as const;
export type FaultKind = (typeof faultKinds)[number];

export interface Fault {
  kind: FaultKind;
  atMs: number;
  /** 0 = it happens at once. */
  forMs: number;
  /** Which sink or rule; how far a clock jumps; after how many outputs it is killed. */
  n: number;
}

export const ruleKinds = ['filter', 'count', 'tumbling', 'counter', 'lookup', 'lookup-late', 'mqtt', 'chain', 'batch', 'modbus'] as const;
export type RuleKind = (typeof ruleKinds)[number];

export interface Scenario {
  seed: number;
  /** Messages come for so long. */
  runMs: number;
  /** Pause between messages, ms. */
  paceMs: number;
  qos: 1 | 2;
  /** Part of the messages that are sent with QoS 0. */
  qos0: number;
  oldBroker: boolean;
  checkpointMs: number;
  bufferLength: number;
  rules: RuleKind[];
  faults: Fault[];
}

export function createScenario(seed: number): Scenario {
  const random = createRandom(seed ^ 0x5bd1e995);
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const runMs = between(8, 30) * 1000;
  const rules = ruleKinds.filter(() => random() < 0.45);
  if (rules.length === 0) rules.push('filter');
  const faults: Fault[] = [];
  for (let i = between(1, 7); i > 0; i--) {
    const kind = faultKinds[between(0, faultKinds.length - 1)]!;
    const atMs = between(1000, runMs - 2000);
    faults.push({ kind, atMs, forMs: Math.min(between(1, 12) * 700, runMs - atMs), n: between(0, 1000) });
  }
  faults.sort((a, b) => a.atMs - b.atMs);
  return {
    seed,
    runMs,
    paceMs: [40, 80, 150, 300][between(0, 3)]!,
    qos: random() < 0.75 ? 1 : 2,
    qos0: random() < 0.2 ? 0.2 : 0,
    oldBroker: random() < 0.3,
    checkpointMs: [500, 1000, 3000, 10_000][between(0, 3)]!,
    bufferLength: [4, 16, 1024][between(0, 2)]!,
    rules,
    faults,
  };
}

export const textOf = (f: Fault): string =>
  `${(f.atMs / 1000).toFixed(1)} s ${f.kind}${f.forMs ? ` for ${(f.forMs / 1000).toFixed(1)} s` : ''} (${f.n})`;

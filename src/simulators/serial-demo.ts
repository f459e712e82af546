// The serial part of `make run`: a scale on a pty, a stream that reads it and a rule that tells new stable weights.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { defaultLine } from '../connectors/port/index.ts';
import { openCable } from './pty-pair.ts';
import { openScale } from './serial-scale.ts';

export const SCALE_RULE = {
  id: 'demo_scale',
  topic: 'demo/results/scale',
  sql: "SELECT weight, unit FROM scale WHERE state = 'ST' AND had_changed(true, weight)",
} as const;

export interface SerialDemo {
  /** CREATE STREAM for the scale. */
  stream: string;
  /** Where it is plugged in. */
  port: string;
  close(): Promise<void>;
}

/** @param root folder of the demo  @returns undefined when there is no socat: the demo goes on without a scale */
export async function openSerialDemo(root: string, clock: Clock): Promise<SerialDemo | undefined> {
  const cable = await openCable(join(root, 'serial'), clock);
  if (!cable) return undefined;
  const scale = await openScale({ path: cable.b, line: { ...defaultLine }, clock, sendEveryMs: 300, random: Math.random });
  const extra = { port: cable.a, baudRate: 9600, pattern: '^(?P<state>ST|US),(?P<weight__float>[+-][0-9.]+)(?P<unit>kg)$' };
  return {
    stream: `CREATE STREAM scale () WITH (TYPE="serial", DATASOURCE="", FORMAT="json", EXTRA="${JSON.stringify(extra).replaceAll('"', '\\"')}")`,
    port: cable.a,
    async close() {
      await scale.close();
      cable.close();
    },
  };
}

// All scenarios of `make bench`, in the order in which they run.
import type { BenchOptions } from '../main.ts';
import { blockedSink } from './blocked-sink.ts';
import { expressionsScenario } from './expressions.ts';
import { fileSink } from './file-sink.ts';
import { flood } from './flood.ts';
import { idle } from './idle.ts';
import { keys } from './keys.ts';
import { latency } from './latency.ts';
import { manyRules } from './many-rules.ts';
import { modbus } from './modbus.ts';
import { filterMqtt, filterNop, tumblingWindow } from './pipeline.ts';
import { serial } from './serial.ts';
import { stages } from './stages.ts';
import { windows } from './windows.ts';

export interface Scenario<R = any> {
  name: string;
  doc: string;
  needsBroker: boolean;
  run(options: BenchOptions): Promise<R>;
  print(result: R): string[];
}

export const scenarios: readonly Scenario[] = [
  stages,
  idle,
  filterNop,
  filterMqtt,
  tumblingWindow,
  fileSink,
  flood,
  latency,
  manyRules,
  blockedSink,
  expressionsScenario,
  windows,
  keys,
  serial,
  modbus,
];

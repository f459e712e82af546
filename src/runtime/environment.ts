// What all nodes of the runtime share: dependencies of createRuntime with defaults filled in, and the connection pool.
import { defaultBudgetLimits } from '../base/budget.ts';
import type { Clock } from '../base/clock.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import type { CodecDefinition, LastText } from '../contract/codec.ts';
import type { ConnectorDefinition } from '../contract/connector.ts';
import type { ConnectionAccess } from '../contract/context.ts';
import type { SinkDefinition } from '../contract/sink.ts';
import type { SourceDefinition } from '../contract/source.ts';
import { didYouMean } from '../sql/suggest.ts';
import type { RuntimeDeps, RuntimeSettings } from './api.ts';
import type { BootTime } from './boot-time.ts';
import type { CpuMeter } from './cpu-meter.ts';
import type { QueueNames } from './sink/queue-names.ts';
import type { QueueSpace } from './sink/queue-space.ts';
import type { BootGate } from './source/boot-gate.ts';

export interface Environment {
  readonly deps: RuntimeDeps;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: RuntimeSettings;
  readonly connections: ConnectionAccess;
  readonly gatewayId: string;
  random(): number;
  readonly queueNames: QueueNames;
  readonly queueSpace: QueueSpace;
  readonly bootGate: BootGate;
  readonly bootTime: BootTime;
  /** What was written last, for all sinks. */
  readonly lastText?: LastText;
  /** Set: the CPU time of rules is measured. */
  readonly cpu?: CpuMeter | undefined;
}

export const defaultSettings: RuntimeSettings = {
  rulePatrolIntervalMs: 10_000,
  timeZone: 'UTC',
  rowBudget: defaultBudgetLimits,
  checkpointIntervalMs: 15_000,
  maxStateBytes: 64 * 1024 * 1024,
  spillAfterMs: 1000,
  maxQueueBytes: 1024 * 1024 * 1024,
  maxQueueBytesInAll: 4 * 1024 * 1024 * 1024,
  minFreeBytes: 0,
  stopTimeoutMs: 5000,
  holdSourcesAtStart: false,
  sink: {},
};

const connectorOf = async (env: Environment, type: string, offer: 'source' | 'sink'): Promise<ConnectorDefinition | undefined> => {
  const entry = env.deps.connectors(type);
  return entry?.offers.includes(offer) ? entry.load() : undefined;
};

function hintOf({ deps }: Environment, type: string, offer: 'source' | 'sink'): string {
  const names = deps.connectorNames?.().filter((name) => deps.connectors(name)?.offers.includes(offer)) ?? [];
  const near = didYouMean(type, names);
  return near ? `\nhint: ${near}` : '';
}

/** @throws RUNTIME_UNKNOWN_SOURCE */
export async function loadSource(env: Environment, type: string): Promise<SourceDefinition> {
  const definition = (await connectorOf(env, type, 'source'))?.source;
  if (!definition) throw new GatewayError('RUNTIME_UNKNOWN_SOURCE', { type, hint: hintOf(env, type, 'source') });
  return definition;
}

/** @throws RUNTIME_UNKNOWN_SINK */
export async function loadSink(env: Environment, type: string): Promise<SinkDefinition> {
  const definition = (await connectorOf(env, type, 'sink'))?.sink;
  if (!definition) throw new GatewayError('RUNTIME_UNKNOWN_SINK', { type, hint: hintOf(env, type, 'sink') });
  return definition;
}

/** @throws RUNTIME_UNKNOWN_FORMAT */
export async function loadCodec(env: Environment, format: string): Promise<CodecDefinition> {
  const definition = await env.deps.codecs(format);
  if (!definition) throw new GatewayError('RUNTIME_UNKNOWN_FORMAT', { format });
  return definition;
}

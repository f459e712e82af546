// The runtime: runs rules. `createRuntime` is called by the daemon, the service creates rules through it.
// Next: api.ts (what it offers), rule/rule.ts (life of a rule), source/source-node.ts (data in), sink/sink-node.ts (data out).
import type { TimerHandle } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Runtime, RuntimeDeps } from './api.ts';
import { createBootTime } from './boot-time.ts';
import { createCheckpointAccess } from './checkpoint/access.ts';
import { createCheckpointer } from './checkpoint/checkpointer.ts';
import { createConnectionPool } from './connection-pool.ts';
import { CpuMeter } from './cpu-meter.ts';
import { refusing, untakenOfSource, withHints } from './declared.ts';
import { createRuleWatch } from './diagnosis/watch.ts';
import { defaultSettings, type Environment } from './environment.ts';
import { readGatewayId } from './gateway-id.ts';
import { Rule } from './rule/rule.ts';
import { createRuleLogs } from './rule/rule-log.ts';
import { createQueueNames } from './sink/queue-names.ts';
import { createQueueSpace } from './sink/queue-space.ts';
import { createBootGate } from './source/boot-gate.ts';
import { createSourcePool } from './source/source-pool.ts';
import { lastRows } from './status/last-rows.ts';
import { metricsText } from './status/metrics.ts';
import { createTables } from './table/index.ts';
import { createTraceStore } from './trace/trace-store.ts';
import { validateActions } from './validate.ts';

export type * from './api.ts';
export { stateTexts } from './api.ts';
export { connectionOptionsOf, sinkOptionsOf, sourceOptionsOf } from './declared.ts';
export type * from './definition.ts';
export { type Cause, type Diag, type DiagStep, moment, type Step, span } from './diagnosis/cause.ts';
export { readGatewayId } from './gateway-id.ts';
export { ruleOptionSpecs } from './option-specs.ts';
export { type DatetimeRange, defaultRuleOptions, parseRuleOptions, type RuleOptions } from './options.ts';
export { cacheOptions, parseCacheProps } from './sink/cache-props.ts';
export { isParkedName, ruleOfQueue } from './sink/names.ts';
export { commonSourceOptions } from './source/options.ts';
export { isShadow } from './status/status.ts';
export {
  createLetterBox,
  createSuspects,
  type Letter,
  type LetterBox,
  type LetterHead,
  parkedText,
  type Suspects,
} from './suspect/index.ts';
export type { TraceStrategy } from './trace/rule-trace.ts';
export type { Span, TraceStore, TraceTree } from './trace/trace-store.ts';
export { commonSinkOptions } from './transform/options.ts';

/** A backup waits so long for rules, beyond the time after which sinks store what waits for their peers. */
const MOMENT_MS = 3_000;

export function createRuntime(deps: RuntimeDeps): Runtime {
  const settings = { ...defaultSettings, ...deps.settings };
  // eKuiper: values below a second count as the default
  if (settings.rulePatrolIntervalMs < 1000) settings.rulePatrolIntervalMs = defaultSettings.rulePatrolIntervalMs;
  const { clock, log } = deps;
  const connections = createConnectionPool(log);
  const queueSpace = createQueueSpace({
    maxBytes: settings.maxQueueBytesInAll,
    minFreeBytes: settings.minFreeBytes,
    freeBytes: () => deps.store.freeBytes(),
    clock,
  });
  const base: Environment = {
    deps,
    clock,
    log,
    settings,
    connections,
    gatewayId: readGatewayId(deps.dataDir, log),
    random: deps.random ?? Math.random,
    bootGate: createBootGate(clock, settings.holdSourcesAtStart),
    bootTime: createBootTime(clock, deps.boot),
    lastText: { row: undefined, text: '' },
    queueNames: createQueueNames(deps.store.sinkQueues, log, queueSpace),
    queueSpace,
    ...(deps.cpuIntervalMs === undefined ? {} : { cpu: new CpuMeter(clock, deps.cpuIntervalMs) }),
  };
  const tables = deps.tables ?? createTables(base);
  const env: Environment = { ...base, deps: { ...deps, tables } };
  const pool = createSourcePool(env);
  const checkpointer = createCheckpointer(clock);
  const checkpoints = createCheckpointAccess(deps.store.checkpoints, log);
  const logs = createRuleLogs(log, () => deps.logFiles?.());
  const traces = createTraceStore();
  const rules = new Map<string, Rule>();
  const watch = createRuleWatch({ clock, log, rules: () => rules.values() });
  let patrolTimer: TimerHandle | undefined;
  let closing: Promise<void> | undefined;

  const patrol = () => {
    patrolTimer = clock.setTimer(settings.rulePatrolIntervalMs, patrol);
    const nowMs = clock.now();
    for (const rule of rules.values()) {
      try {
        rule.patrol(nowMs);
      } catch (error) {
        log.error({ rule: rule.id, cause: messageOf(error) }, 'Patrol of a rule failed.');
      }
    }
  };

  const close = async () => {
    clock.clear(patrolTimer);
    watch.stop();
    env.cpu?.stop();
    // subscriptions stay open until what was read is delivered or stored, so that it can still be confirmed
    pool.pin();
    // a rule that hangs in its start (a plugin that never answers) is left behind
    await Promise.race([Promise.all([...rules.values()].map((r) => r.shutdown())), clock.sleep(settings.stopTimeoutMs + 500)]);
    checkpointer.close();
    await pool.unpin('shutdown');
  };

  const hinting = (type: string, told: readonly string[], work: Promise<void>) =>
    work.catch((error: unknown) => {
      throw withHints(type, error, told);
    });
  return {
    createRule(definition) {
      if (rules.has(definition.id)) throw new GatewayError('RUNTIME_DUPLICATE_RULE', { rule: definition.id });
      const rule = new Rule(definition, {
        env,
        pool,
        checkpointer,
        checkpoints,
        logs,
        traces,
        onDeleted: (r) => {
          if (rules.get(r.id) !== r) return;
          rules.delete(r.id);
          env.cpu?.forget(r.id);
        },
      });
      rules.set(definition.id, rule);
      return rule;
    },
    async validateRule({ id, actions, sources, streams }) {
      const told: string[] = [];
      for (const name of streams) {
        const spec = sources(name);
        const found = await untakenOfSource(deps.connectors, spec);
        if (spec.kind !== 'lookup-table') await hinting(spec.type, found.told, pool.validate(spec));
        told.push(...refusing(spec.type, found));
      }
      return [...told, ...(await validateActions(env, id, actions))];
    },
    async validateSource(spec) {
      const entry = deps.connectors(spec.type);
      const told = refusing(spec.type, await untakenOfSource(deps.connectors, spec));
      if (spec.kind !== 'lookup-table' || !entry?.offers.includes('lookup')) await hinting(spec.type, told, pool.validate(spec));
      else {
        // a lookup table has options of its own: those of a source of the type (an interval) are not asked for
        const { lookup } = await entry.load();
        await lookup?.create().configure?.(spec.datasource, { ...spec.props, ...(spec.key !== undefined && { key: spec.key }) });
      }
      return told;
    },
    holdTable: async (spec) => (await tables.openLookup(spec)).release,
    rule: (id) => rules.get(id),
    rules: () => rules.values(),
    connectionState(type, selector) {
      const c = connections.find(type, selector);
      // as eKuiper says it: what was connected once and is away is connecting
      const state = c?.state === 'disconnected' && c.wasConnected ? 'connecting' : c?.state;
      return state && { state, message: c?.stateMessage ?? '' };
    },
    lastRows: () => lastRows(rules.values()),
    devices: () => pool.nodes().flatMap((n) => n.devices().map((d) => ({ source: n.name, ...d }))),
    metricsText: () => metricsText(rules.values()) + (env.cpu?.metricsText() ?? ''),
    cpuUsage: () => (env.cpu ? (env.cpu.usage() ?? 'not ready') : 'not enabled'),
    start() {
      env.cpu?.start();
      patrolTimer ??= clock.setTimer(settings.rulePatrolIntervalMs, patrol);
    },
    async moment() {
      const { takeMoment } = await import('./checkpoint/moment.ts');
      return takeMoment([...rules.values()], checkpointer, clock, settings.spillAfterMs + MOMENT_MS);
    },
    stateArrived(stored, queues) {
      for (const rule of stored) checkpoints.stored(rule);
      for (const queue of queues) env.queueNames.add(queue);
    },
    traces,
    condition() {
      watch.start();
      return watch.sentence();
    },
    rulesLoaded: () => env.bootGate.rulesLoaded(),
    close: () => (closing ??= close()),
  };
}

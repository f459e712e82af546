// A runtime without data, for tests of service and REST: rules change state at once, nothing is read or sent.

import { GatewayError } from '../../src/base/errors/gateway-error.ts';
import { type RuleDefinition, type RuleHandle, type RuleState, type Runtime, stateTexts } from '../../src/runtime/index.ts';
import { createTraceStore } from '../../src/runtime/trace/trace-store.ts';

export interface FakeRuntime extends Runtime {
  /** Commands in order: `start r1`. */
  readonly calls: string[];
  /** Next validateRule throws it. */
  refuse: Error | undefined;
}

export function createFakeRuntime(known: readonly string[] = ['mqtt', 'memory', 'log', 'nop']): FakeRuntime {
  const rules = new Map<string, RuleHandle>();
  const calls: string[] = [];
  const runtime: FakeRuntime = {
    calls,
    refuse: undefined,
    rulesLoaded: () => void calls.push('rulesLoaded'),
    createRule(first) {
      if (rules.has(first.id)) throw new GatewayError('RUNTIME_DUPLICATE_RULE', { rule: first.id });
      let definition = first;
      let state: RuleState = 'stopped';
      let message = '';
      const go = (what: string, next: RuleState, text: string) => async () => {
        calls.push(`${what} ${first.id}`);
        state = next;
        message = text;
      };
      const handle: RuleHandle = {
        id: first.id,
        parked: undefined,
        get definition() {
          return definition;
        },
        get state() {
          return state;
        },
        start: go('start', 'running', ''),
        stop: go('stop', 'stopped', 'canceled manually'),
        restart: go('restart', 'running', ''),
        async update(next: RuleDefinition) {
          calls.push(`update ${first.id}`);
          definition = next;
          state = next.triggered ? 'running' : 'stopped';
        },
        resetOffset(stream, values) {
          calls.push(`reset ${first.id} ${stream} ${JSON.stringify(values)}`);
        },
        async delete() {
          calls.push(`delete ${first.id}`);
          rules.delete(first.id);
        },
        parkedRows: () => ({
          list: async () => [],
          show: () => Promise.reject(new Error('nothing is parked')),
          retry: () => Promise.reject(new Error('nothing is parked')),
          drop: () => Promise.reject(new Error('nothing is parked')),
          retryAll: async () => ({ delivered: 0, failed: [] }),
          dropAll: async () => 0,
        }),
        status: () => ({ status: stateTexts[state], message, lastStartTimestamp: 0, lastStopTimestamp: 0, nextStartTimestamp: 0 }),
        brief: () => ({ status: stateTexts[state], message }),
        health: () => ({
          state,
          ok: true,
          problems: [],
          notes: [],
          causes: [],
          sources: [],
          sinks: [],
          operatorTimes: [],
          lateRows: 0,
          aheadRows: 0,
          keys: { count: 0, limit: 0, forgotten: 0, refusedRows: 0 },
          failedRows: [],
          exceptions: 0,
          deadLetters: 0,
          setAside: 0,
          lastError: undefined,
          checkpoint: { bytes: 0, lastAtMs: 0, heldMessages: 0, failures: 0, lastError: '' },
        }),
        setTrace: async () => undefined,
        look: () => undefined,
        diag: async () => ({ rule: first.id, state, ok: true, summary: 'Data flows.', steps: [], problems: [], notes: [] }),
        topo: () => ({ sources: state === 'stopped' && message === '' ? [] : ['source_demo'], edges: {} }),
      };
      rules.set(first.id, handle);
      return handle;
    },
    async validateRule({ actions }) {
      const error = runtime.refuse;
      runtime.refuse = undefined;
      if (error) throw error;
      for (const { type } of actions)
        if (!known.includes(type) && !type.startsWith('$')) throw new GatewayError('RUNTIME_UNKNOWN_SINK', { type, hint: '' });
      return [];
    },
    validateSource: async () => [],
    holdTable: async () => () => undefined,
    rule: (id) => rules.get(id),
    rules: () => rules.values(),
    traces: createTraceStore(),
    condition: () => 'No rules, all well',
    metricsText: () => '',
    start: () => undefined,
    close: async () => undefined,
  };
  return runtime;
}

// What a rule keeps between two runs: when the messages in it are confirmed, and which queues a new definition leaves on disk.
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { type RuleSnapshot, unpackSnapshot } from '../../src/runtime/checkpoint/rule-state.ts';
import { MessageAck } from '../../src/runtime/delivery/ack.ts';
import type { Environment } from '../../src/runtime/environment.ts';
import { defaultRuleOptions, type RuleDefinition } from '../../src/runtime/index.ts';
import { KeptRun } from '../../src/runtime/rule/kept-run.ts';
import { filterProgram } from './harness.ts';

const snapshot: RuleSnapshot = { v: 1, fingerprints: { w: 'p' }, operators: { w: [1, 2] }, offsets: {}, sources: {}, sinks: {} };

function setUp() {
  const seen = { events: [] as string[], saved: [] as RuleSnapshot[], full: false, broken: '', space: new Map<string, number>() };
  const { log, lines } = createMemoryLog();
  const store = {
    checkpoints: {
      save: async ({ state }: { state: Uint8Array }) => {
        if (seen.full) throw new Error('disk full');
        seen.saved.push(unpackSnapshot(state));
        seen.events.push('saved');
      },
    },
    sinkQueues: {
      clear: async (name: string) => {
        if (name === seen.broken) throw new Error('disk error');
        seen.events.push(`cleared ${name}`);
      },
    },
  };
  const env = {
    deps: { store, connectors: (name: string) => ({ name, offers: ['sink'], load: async () => ({ name, sink: {} }) }) },
    clock: createVirtualClock(),
    log,
    queueSpace: { set: (name: string, bytes: number) => void seen.space.set(name, bytes) },
  } as unknown as Environment;
  const kept = new KeptRun('r', env, {
    load: async () => undefined,
    stored: (rule) => void seen.events.push(`known ${rule}`),
    forget: async () => undefined,
  });
  const message = (n: number) => new MessageAck(() => void seen.events.push(`confirmed ${n}`));
  return { kept, seen, lines, message };
}

const actions = (...types: string[]): RuleDefinition => ({
  id: 'r',
  program: filterProgram('a'),
  actions: types.map((type, index) => ({ type, props: {}, index })),
  options: defaultRuleOptions(),
  triggered: true,
  sources: (name) => ({ name, kind: 'stream', type: 'fake', datasource: name, props: {}, format: 'json' }),
});

describe('the state of a rule that does not run', () => {
  it('is stored, and only then are the messages in it confirmed, each once', async () => {
    const { kept, seen, message } = setUp();
    kept.put({ snapshot, held: [message(1), message(2)] });
    await kept.store();
    expect(seen.events).toEqual(['saved', 'known r', 'confirmed 1', 'confirmed 2']);
    expect(seen.saved).toEqual([snapshot]);
    await kept.store();
    expect(seen.events).toHaveLength(4);
    expect(await kept.take()).toEqual({ snapshot, held: [] });
  });

  it('keeps its messages unconfirmed while the disk is full, and confirms them once it is stored', async () => {
    const { kept, seen, lines, message } = setUp();
    kept.put({ snapshot, held: [message(1)] });
    seen.full = true;
    await kept.store();
    expect(seen.events).toEqual([]);
    expect(lines.map((l) => l['code'])).toEqual(['STORE_FAILED']);
    seen.full = false;
    await kept.store();
    expect(seen.events).toEqual(['saved', 'known r', 'confirmed 1']);
  });
});

describe('the queues of a rule on disk', () => {
  it('are cleared and no longer counted for sinks that a new definition does not have; those of other sinks stay', async () => {
    const { kept, seen } = setUp();
    await kept.dropQueues(actions('mqtt', 'file', 'rest'), actions('mqtt', 'log', 'rest'));
    expect(seen.events).toEqual(['cleared r/file_1', 'cleared r/file_1#parked']);
    expect([...seen.space]).toEqual([
      ['r/file_1', 0],
      ['r/file_1#parked', 0],
    ]);
  });

  it('are all cleared when the rule is deleted, also when one of them cannot be', async () => {
    const { kept, seen, lines } = setUp();
    seen.broken = 'r/mqtt_0';
    await kept.dropQueues(actions('mqtt', 'file'), undefined);
    expect(seen.events).toEqual(['cleared r/file_1', 'cleared r/file_1#parked']);
    expect(lines.map((l) => [l['level'], l['op'], l['cause']])).toEqual([['warn', 'mqtt_0', 'disk error']]);
  });
});

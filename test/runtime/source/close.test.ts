// The end of a source that is waiting for rules.
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import type { CloseReason, Emit, SourceDefinition } from '../../../src/contract/source.ts';
import type { Environment } from '../../../src/runtime/environment.ts';
import type { Subscriber } from '../../../src/runtime/ports.ts';
import type { DecodeGroup } from '../../../src/runtime/source/decode-group.ts';
import { SourceNode } from '../../../src/runtime/source/source-node.ts';

it.each(['stopped', 'shutdown'] as const)(
  'a source that waits for a rule goes on when it is closed (%s), and can end at once',
  async (reason) => {
    const clock = createVirtualClock();
    const events: string[] = [];
    let emit: Emit | undefined;
    let waits: void | Promise<void>;
    const definition: SourceDefinition = {
      kind: 'source',
      name: 'slow',
      payload: 'bytes',
      shareable: true,
      options: [],
      doc: '',
      create: () => ({
        open(ctx, give) {
          emit = give;
          ctx.status('connected');
        },
        // as a connector does that ends after the message in its hands
        async close(_ctx, why: CloseReason = 'stopped') {
          events.push(`closing ${why}`);
          await waits;
          events.push('closed');
        },
      }),
    };
    const env = {
      clock,
      log: createMemoryLog().log,
      random: () => 0.5,
      deps: {},
      bootGate: { whenOpen: (go: () => void) => go() },
    } as unknown as Environment;
    const spec = { name: 's', kind: 'stream' as const, type: 'slow', datasource: 'd', props: {}, format: 'json' };
    const node = new SourceNode(env, { spec, definition, downsampleMs: 0, mergeField: '', pullIntervalMs: 0 }, 'r');
    const group: Pick<DecodeGroup, 'add'> = { add: () => undefined };
    node.add(group as DecodeGroup, { ruleId: 'r', end: () => undefined } as unknown as Subscriber, () => true);
    await clock.advance(0);
    node.pressure(1);
    waits = emit!(Buffer.from('{"a":1}'));
    void waits?.then(() => events.push('goes on'));
    await clock.advance(1000);
    expect([events, node.waitingMs]).toEqual([[], 1000]);
    void node.close(reason).then(() => events.push('ended'));
    await clock.advance(0);
    expect(events).toEqual([`closing ${reason}`, 'goes on', 'closed', 'ended']);
    expect([node.waitingMs, clock.pending]).toEqual([0, 0]);
  },
);

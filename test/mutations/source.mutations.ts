// Mutations of the source's side: what waits without a reader, who asks it to wait, and what former connections say.
import type { MutationList } from './mutation.ts';

const node = 'src/runtime/source/source-node.ts';
const parking = 'src/runtime/source/parking.ts';
const patience = 'src/runtime/source/patience.ts';
const handover = 'src/runtime/source/handover.ts';

export const mutations: MutationList = {
  area: 'source',
  tests: [
    'test/runtime/source',
    'test/runtime/source-node.test.ts',
    'test/runtime/handover.test.ts',
    'test/runtime/delivery.test.ts',
    'test/runtime/rule.test.ts',
  ],
  mutations: [
    { id: 'N1-pressure-never-lifted', file: parking, find: 'this.list = [];\n    this.setFull(false);', replace: 'this.list = [];' },
    { id: 'N2-parked-not-confirmed', file: parking, find: 'if (confirm) m.ack?.();', replace: '' },
    { id: 'N2-parked-confirmed-at-shutdown', file: parking, find: 'if (confirm) m.ack?.();', replace: 'm.ack?.();' },
    { id: 'N3-former-connection-heard', file: node, find: 'if (generation !== link.generation) return;', replace: '' },
    { id: 'parked-one-late', file: parking, find: 'this.list.length >= MAX_PARKED)', replace: 'this.list.length > MAX_PARKED)' },
    {
      id: 'parked-without-bound',
      file: parking,
      find: 'this.list.length >= MAX_PARKED_IMPATIENT',
      replace: 'this.list.length > MAX_PARKED_IMPATIENT',
    },
    {
      id: 'repeatable-counted-as-dropped',
      file: parking,
      find: 'if (oldest.ack === undefined) this.events.dropped',
      replace: 'this.events.dropped',
    },
    { id: 'full-told-again', file: parking, find: 'if (this.isFull === full) return;', replace: '' },
    { id: 'goes-on-early', file: patience, find: 'if (this.behind <= 0) this.goOn();', replace: 'this.goOn();' },
    { id: 'never-goes-on', file: patience, find: 'if (this.behind <= 0) this.goOn();', replace: '' },
    {
      id: 'waits-since-last-call',
      file: patience,
      find: 'this.sinceMs ??= this.clock.monotonic();',
      replace: 'this.sinceMs = this.clock.monotonic() + 1;',
    },
    {
      id: 'old-promise',
      file: patience,
      find: 'this.resumed = undefined;\n    this.sinceMs = undefined;',
      replace: 'this.sinceMs = undefined;',
    },
    { id: 'close-leaves-waiting', file: node, find: 'this.patience.goOn();', replace: '' },
    {
      id: 'no-backpressure',
      file: node,
      find: 'if (this.patience.asked) return this.patience.wait();\n  }\n\n  private give',
      replace: '}\n\n  private give',
    },
    {
      id: 'confirmed-at-once',
      file: node,
      find: 'if (ack !== undefined) ack.release();',
      replace: 'if (ack !== undefined) { ack.release(); confirm?.(); }',
    },
    { id: 'never-confirmed', file: node, find: 'if (ack !== undefined) ack.release();', replace: '' },
    { id: 'unconfirmed-not-counted', file: node, find: 'this.unconfirmed--;', replace: '' },
    { id: 'end-not-told', file: node, find: 's.end(text);\n  }', replace: 'void s;\n  }' },
    { id: 'handover-not-kept', file: node, find: 'if (this.handovers.size > 0) this.handovers.put(data, nowMs, meta, ack);', replace: '' },
    { id: 'handover-not-confirmed', file: handover, find: 'if (release) for (const m of kept.list) m.ack?.release();', replace: '' },
    {
      id: 'handover-keeps-full',
      file: handover,
      find: 'rules.delete(ruleId);\n    setFull(kept, false);',
      replace: 'rules.delete(ruleId);',
    },
    { id: 'handover-without-bound', file: handover, find: 'if (list.length >= MAX_KEPT) setFull(kept, true);', replace: '' },
  ],
};

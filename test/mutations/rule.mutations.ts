// Mutations of the life of a rule.
import type { MutationList } from './mutation.ts';

const machine = 'src/runtime/rule/rule-machine.ts';
const rule = 'src/runtime/rule/rule.ts';
const run = 'src/runtime/rule/rule-run.ts';
const kept = 'src/runtime/rule/kept-run.ts';

export const mutations: MutationList = {
  area: 'rule',
  tests: [
    'test/runtime/rule-machine.test.ts',
    'test/runtime/kept-run.test.ts',
    'test/runtime/rule.test.ts',
    'test/runtime/handover.test.ts',
    'test/runtime/delivery.test.ts',
    'test/runtime/delivery-room/works-and-kills.test.ts',
  ],
  mutations: [
    { id: 'U1-nested-switch-ends', file: machine, find: 'if (machine.switching > 0) return', replace: 'if (machine.switching > 1) return' },
    { id: 'U2-pause-never-shrinks', file: machine, find: '(e.afterLong ? 0 : m.recoveries) + 1', replace: 'm.recoveries + 1' },
    { id: 'U3-replaced-not-answered', file: machine, find: "m.pending ? [{ do: 'answer', command: m.pending }] : []", replace: '[]' },
    { id: 'pause-unbounded', file: machine, find: 'Math.min(r.maxDelayMs, r.delayMs', replace: 'Math.max(r.maxDelayMs, r.delayMs' },
    { id: 'pause-no-jitter', file: machine, find: '(2 * random - 1)', replace: '0' },
    {
      id: 'pending-lost',
      file: machine,
      find: 'if (!pending) return { machine: m, effects };',
      replace: 'return { machine: m, effects };',
    },
    {
      id: 'pending-twice',
      file: machine,
      find: 'carryOut({ ...m, pending: undefined }, pending, scheduled)',
      replace: 'carryOut(m, pending, scheduled)',
    },
    {
      id: 'opened-while-stopping',
      file: machine,
      find: "m.state === 'starting' ? { ...m, state: 'running', message: '' } : m",
      replace: "{ ...m, state: 'running', message: '' }",
    },
    {
      id: 'recovers-when-closed',
      file: machine,
      find: "m.life === 'live' ? [{ do: 'planRecovery' }] : []",
      replace: "[{ do: 'planRecovery' }]",
    },
    { id: 'parked-recovers', file: machine, find: " && command.ending !== 'park'", replace: '' },
    { id: 'not-untriggered', file: machine, find: "if (command.ending === 'finish') effects.push({ do: 'untrigger' });", replace: '' },
    { id: 'halt-not-answered', file: machine, find: "effects.push({ do: 'answer', command });", replace: '' },
    {
      id: 'halt-wrong-message',
      file: machine,
      find: 'state: to, message: command.message, halting: undefined',
      replace: "state: to, message: '', halting: undefined",
    },
    {
      id: 'handover-ends-early',
      file: machine,
      find: "if (m.switching === 0) effects.push({ do: 'endHandover' });",
      replace: "effects.push({ do: 'endHandover' });",
    },
    { id: 'handover-never-ends', file: machine, find: "if (m.switching === 0) effects.push({ do: 'endHandover' });", replace: '' },
    {
      id: 'kept-stored-while-starting',
      file: machine,
      find: "m.state === 'starting' ? [{ do: 'endHandover' }]",
      replace: "m.state === 'stopping' ? [{ do: 'endHandover' }]",
    },
    {
      id: 'schedule-ignored',
      file: machine,
      find: "command.action === 'start' && scheduled",
      replace: "command.action === 'start' && !scheduled",
    },
    { id: 'deleted-becomes-closed', file: machine, find: "m.life === 'deleted' ? 'deleted' : 'closed'", replace: "'closed'" },
    {
      id: 'definition-keeps-recoveries',
      file: machine,
      find: '{ machine: { ...m, recoveries: 0 }, effects: [] }',
      replace: '{ machine: m, effects: [] }',
    },
    {
      id: 'stop-does-not-forget',
      file: machine,
      find: "if (command.action === 'stop') effects.push",
      replace: "if (command.action === 'fail') effects.push",
    },
    {
      id: 'recovery-not-cleared',
      file: rule,
      find: "case 'clearRecovery':\n          this.clearRecovery();",
      replace: "case 'clearRecovery':",
    },
    {
      id: 'old-run-speaks',
      file: rule,
      find: 'if (run !== this.run) return;',
      replace: '',
      equivalent: 'a run that was closed is finished and tells nothing',
    },
    { id: 'kept-not-kept', file: rule, find: "if (c.ending === 'keep') this.kept.put(kept);", replace: '' },
    {
      id: 'error-drops-what-comes',
      file: rule,
      find: "c.ending === 'error' && this.recovers ? 'recovery' : undefined",
      replace: 'undefined',
    },
    {
      id: 'failed-start-loses-state',
      file: rule,
      find: 'this.kept.put(state);\n      await this.kept.store();',
      replace: 'await this.kept.store();',
    },
    { id: 'kept-not-confirmed', file: kept, find: 'for (const ack of state.held) ack.release();', replace: '' },
    { id: 'queues-of-kept-sinks-cleared', file: kept, find: 'if (keep.has(op)) continue;', replace: '' },
    { id: 'queues-left', file: kept, find: 'if (keep.has(op)) continue;', replace: 'continue;' },
    {
      id: 'switch-gives-lookups-up',
      file: run,
      find: "how.handOver === 'switch' ? Math.max(how.timeoutMs, LOOKUP_LIMIT_MS + 1000) : how.timeoutMs",
      replace: 'how.timeoutMs',
    },
    { id: 'orderly-end-stores-without-rows', file: run, find: 'let redo = again && ledger.works > 0;', replace: 'let redo = false;' },
  ],
};

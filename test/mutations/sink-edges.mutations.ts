// Mutations of what lies around a sink's line: its settings, names, health, the parked rows as others see them, and the verdicts of connectors.
import type { MutationList } from './mutation.ts';

const dir = 'src/runtime/sink';
const props = `${dir}/cache-props.ts`;
const parts = `${dir}/line-parts.ts`;
const access = `${dir}/parked-access.ts`;
const queue = `${dir}/durable-queue.ts`;

export const mutations: MutationList = {
  area: 'sink-edges',
  tests: [
    'test/runtime/sink/props.test.ts',
    'test/runtime/sink/parking.test.ts',
    'test/runtime/sink/cases.test.ts',
    'test/runtime/parked-access.test.ts',
    'test/runtime/sink-node.test.ts',
    'test/runtime/dead-letter.test.ts',
    'test/rest/parked.test.ts',
    'test/connectors/not-taken.test.ts',
  ],
  mutations: [
    {
      id: 'park-after-four',
      file: props,
      find: "default: 5,\n    min: 0,\n    doc: 'Failures that the peer answered",
      replace: "default: 4,\n    min: 0,\n    doc: 'Failures that the peer answered",
    },
    {
      id: 'park-nothing',
      file: props,
      find: "name: 'maxParkedRows',\n    type: 'int',\n    default: 1000,",
      replace: "name: 'maxParkedRows',\n    type: 'int',\n    default: 0,",
    },
    { id: 'case-matters', file: props, find: 'if (k.toLowerCase() === wanted)', replace: 'if (k === wanted)' },
    {
      id: 'settings-before-action',
      file: props,
      find: 'pick(props, name) ?? pick(defaults, name)',
      replace: 'pick(defaults, name) ?? pick(props, name)',
    },
    {
      id: 'own-buffer-length-ignored',
      file: parts,
      find: 'Number.isFinite(own) ? own : owner.options.bufferLength',
      replace: 'owner.options.bufferLength',
    },
    { id: 'threshold-ignored', file: parts, find: 'cache.enableCache ? cache.memoryRows :', replace: 'false ? cache.memoryRows :' },
    {
      id: 'dead-letters-of-dead-letters',
      file: parts,
      find: 'if (node.deadLetter || !owner.takesDeadLetters)',
      replace: 'if (!owner.takesDeadLetters)',
    },
    { id: 'queue-without-bound', file: parts, find: 'maxRows: cache.maxDiskRows,', replace: 'maxRows: Number.POSITIVE_INFINITY,' },
    { id: 'parked-in-the-queue', file: `${dir}/names.ts`, find: "const PARKED = '#parked'", replace: "const PARKED = ''" },
    {
      id: 'redirected-without-alter',
      file: `${dir}/resend.ts`,
      find: '!cache.alterQueue || !cache.destination',
      replace: '!cache.destination',
    },
    { id: 'late-not-marked-in-lists', file: `${dir}/resend.ts`, find: 'data.map((row) => ({ ...row, [field]: true }))', replace: 'data' },
    { id: 'drops-one-page-late', file: queue, find: 'if (r <= limits.maxRows && b', replace: 'if (r <= limits.maxRows + 1 && b' },
    { id: 'drops-uncounted', file: queue, find: '      dropped += p.rows;', replace: '' },
    { id: 'stop-does-not-stop', file: `${dir}/spool.ts`, find: "if (full === 'stop') this", replace: "if (full === 'wait') this" },
    { id: 'wait-drops', file: `${dir}/spool.ts`, find: "full !== 'dropOldest' && this.disk", replace: "full === 'stop' && this.disk" },
    {
      id: 'drop-oldest-drops-newest',
      file: `${dir}/sink-line.ts`,
      find: 'if (this.waiting.size >= this.waitingLimit && this.parts',
      replace: 'if (this.waiting.size > this.waitingLimit && this.parts',
    },
    { id: 'not-busy-for-long', file: `${dir}/pacing.ts`, find: 'this.stillMs <= BUSY_MS', replace: 'this.stillMs < BUSY_MS' },
    { id: 'unknown-sink-is-empty', file: access, find: 'if (!names.includes(sink)) throw', replace: "if (sink === '') throw" },
    { id: 'tried-while-stopped', file: access, find: 'const running = live ? sinks', replace: 'const running = true ? sinks' },
    { id: 'target-not-shown', file: access, find: 'dynamic === undefined ? {} :', replace: 'dynamic !== undefined ? {} :' },
    {
      id: 'dropping-nothing-is-fine',
      file: access,
      find: 'if (!(await (await lotOf(sink)).remove(id)))',
      replace: 'if ((await (await lotOf(sink)).remove(id)) === undefined)',
    },
    { id: 'lot-read-twice', file: `${dir}/parking-lot.ts`, find: '      if (this.entries.has(page.seq)) continue;', replace: '' },
    { id: 'health-without-parked', file: `${dir}/sink-health.ts`, find: 'parked: lot.rows,', replace: 'parked: 0,' },
    {
      id: 'kept-when-removed',
      file: 'src/runtime/rule/kept-run.ts',
      find: '        await this.env.deps.store.sinkQueues.clear(parkedName(this.ruleId, op));\n',
      replace: '',
      equivalent: 'A deleted sink clears its parked rows itself; this call is for a rule that never ran since the boot.',
    },
    {
      id: 'rest-500-is-away',
      file: 'src/connectors/rest/index.ts',
      find: 'return status >= 500 ? answeredError(text)',
      replace: 'return status >= 500 ? ioError(text)',
    },
    { id: 'rest-503-is-a-fault', file: 'src/connectors/rest/index.ts', find: 'new Set([408, 429, 503])', replace: 'new Set([408, 429])' },
    { id: 'rest-408-is-final', file: 'src/connectors/rest/index.ts', find: 'new Set([408, 429, 503])', replace: 'new Set([429, 503])' },
    { id: 'sql-locked-is-final', file: 'src/connectors/sql/sqlite.ts', find: '/SQLITE_(BUSY|LOCKED|', replace: '/SQLITE_(' },
    {
      id: 'plugin-stall-is-a-fault',
      file: 'src/plugin-host/remote/remote-sink.ts',
      find: "instance.isOpen && e.code !== 'PLUGIN_STALLED'",
      equivalent: 'Errors of the gateway say `retriable` themselves, so that they are never marked.',
      replace: 'instance.isOpen',
    },
    {
      id: 'plugin-throw-is-away',
      file: 'src/plugin-host/remote/remote-sink.ts',
      find: 'e.answered = true;',
      replace: 'e.answered = false;',
    },
    {
      id: 'rest-force-always',
      file: 'src/rest/routes/parked.ts',
      find: "r.query.get('force') === 'true'",
      replace: "r.query.get('force') !== 'true'",
    },
    { id: 'rest-any-number', file: 'src/rest/routes/parked.ts', find: '{1,15}$/', replace: '+/' },
    {
      id: 'cli-force-lost',
      file: 'src/cli/commands/parked.ts',
      find: "flags['force'] === undefined ? '' : '?force=true'",
      replace: "flags['force'] === undefined ? '' : ''",
    },
  ],
};

// One-line sabotages of Modbus units, the next request of a bus, refused blocks, profiles and serial requests.
import type { MutationList } from './mutation.ts';

const LIFE = 'src/connectors/modbus/bus/life.ts';
const SCHEDULE = 'src/connectors/modbus/bus/schedule.ts';
const ROSTER = 'src/connectors/modbus/bus/roster.ts';
const DEVICE = 'src/connectors/modbus/device.ts';
const VALUE = 'src/connectors/modbus/point-value.ts';
const TALK = 'src/connectors/serial/conversation.ts';
const ANSWERS = 'src/connectors/serial/answers.ts';
const OWED = 'src/connectors/port/owed.ts';

export const mutations: MutationList = {
  area: 'field',
  tests: [
    'test/connectors/modbus/bus/life.test.ts',
    'test/connectors/modbus/bus/schedule.test.ts',
    'test/connectors/modbus/bus/roster.test.ts',
    'test/connectors/modbus/gateway.test.ts',
    'test/connectors/modbus/cutting-unit.test.ts',
    'test/connectors/modbus/source.test.ts',
    'test/connectors/modbus/profile-language.test.ts',
    'test/connectors/serial/conversation.test.ts',
  ],
  slowTests: ['test/connectors/modbus/bus.test.ts'],
  mutations: [
    { id: 'life-keeps-failures', file: LIFE, find: '        ...newLife,\n', replace: '        ...life,\n' },
    { id: 'cut-tried-on-the-next-line', file: LIFE, find: "life.failure === 'cuts' ? life.asideUntilMs : 0", replace: '0' },
    { id: 'cut-not-counted', file: LIFE, find: 'cuts: life.cuts + 1', replace: 'cuts: life.cuts' },
    { id: 'cut-without-rest', file: LIFE, find: "(life.failures === 0 && event.failure !== 'cuts')", replace: 'life.failures === 0' },
    { id: 'cut-blames-without-proof', file: ROSTER, find: ' && !this.isLonely(nowMs, unit);', replace: ';' },
    { id: 'cut-goes-first', file: ROSTER, find: 'unit.heldUntilMs ??= nowMs + HOLD_MS', replace: 'nowMs' },
    { id: 'life-no-grace', file: LIFE, find: 'failures <= GRACE_PROBES', replace: 'failures < GRACE_PROBES' },
    {
      id: 'life-quiet-forgets-timeout',
      file: LIFE,
      find: 'Math.max(0, event.timeoutMs - event.waitMs) + event.quietMs',
      replace: 'event.quietMs',
    },
    { id: 'life-heard-again-and-again', file: LIFE, find: "life.heard !== 'no' || ", replace: '' },
    {
      id: 'life-revives-who-never-lived',
      file: LIFE,
      find: ' || life.answeredAtMs === undefined) return life;\n      return { ...life, failures: 1',
      replace: ') return life;\n      return { ...life, failures: 1',
    },
    {
      id: 'life-line-up-forgets-failures',
      file: LIFE,
      find: '        ...life,\n        quietUntilMs: 0,\n        asideUntilMs: life.failure',
      replace: '        ...newLife,\n        quietUntilMs: 0,\n        asideUntilMs: life.failure',
    },
    { id: 'life-lonely-waits-long', file: LIFE, find: 'Math.min(backoffMs, LONELY_PROBE_MS)', replace: 'backoffMs' },
    { id: 'life-cost-forgotten', file: LIFE, find: 'owedMs: grace ? owedMs : 0', replace: 'owedMs: 0' },
    { id: 'schedule-quiet-ignored', file: SCHEDULE, find: 'if (u.quietUntilMs > nowMs) {', replace: 'if (u.quietUntilMs > nowMs + 1e9) {' },
    { id: 'schedule-writes-starve-reads', file: SCHEDULE, find: 'turn.writesInRow < MAX_WRITES_IN_ROW', replace: 'turn.writesInRow < 1e9' },
    { id: 'schedule-first-unit-favoured', file: SCHEDULE, find: 'if (u.id > turn.lastRead && (read', replace: 'if (u.id > -1 && (read' },
    { id: 'schedule-unknown-first', file: SCHEDULE, find: 'cautious = free && (read === undefined || due);', replace: 'cautious = free;' },
    {
      id: 'schedule-blocked-line-ignored',
      file: SCHEDULE,
      find: 'const free = caution.pending === 0 || nowMs >= caution.blockedUntilMs;',
      replace: 'const free = true;',
    },
    {
      id: 'roster-slow-exception-is-an-answer',
      file: ROSTER,
      find: 'return tookMs > Math.max(SLOW_EXCEPTION_MS',
      replace: 'return tookMs > 1e9 * Math.max(SLOW_EXCEPTION_MS',
    },
    { id: 'roster-pending-forever', file: ROSTER, find: '    this.sentAtMs = this.sentAtMs.filter((ms) => ms > sentMs);\n', replace: '' },
    { id: 'roster-block-not-learned', file: ROSTER, find: "    if (failure === 'gateway') {", replace: '    if (false) {' },
    {
      id: 'device-refusal-not-remembered',
      file: DEVICE,
      find: 'refusals.set(block, { untilMs: now() + LEFT_OUT_MS, blocks, why });',
      replace: 'void blocks;',
    },
    { id: 'device-refusal-for-ever', file: DEVICE, find: 'now() + LEFT_OUT_MS', replace: 'now() + 1000 * LEFT_OUT_MS' },
    {
      id: 'device-only-exception-2',
      file: DEVICE,
      find: 'error.exceptionCode >= 1 && error.exceptionCode <= 4',
      replace: 'error.exceptionCode === 2',
    },
    { id: 'device-last-value-for-ever', file: DEVICE, find: 'maxAgeMs === 0 || now() - before.atMs <= maxAgeMs', replace: 'true' },
    {
      id: 'value-not-available-is-a-value',
      file: VALUE,
      find: 'if (meaning && meaning.notAvailable.size > 0) checkAvailable',
      replace: 'if (meaning && meaning.notAvailable.size > 99) checkAvailable',
    },
    { id: 'value-missing-factor-is-zero', file: VALUE, find: 'if (pattern === sunspecNotAvailable(factor.type) || ', replace: 'if (' },
    {
      id: 'value-range-unchecked',
      file: VALUE,
      find: '  if (meaning) checkRange(meaning, value);\n  return value;',
      replace: '  return value;',
    },
    { id: 'serial-no-quiet-after-failure', file: TALK, find: '    if (sent > 0) owed.add(', replace: '    if (sent > 99) owed.add(' },
    { id: 'serial-no-quiet-after-retry', file: TALK, find: 'if (sent > 1) owed.add(', replace: 'if (sent > 99) owed.add(' },
    {
      id: 'serial-late-answer-not-counted',
      file: TALK,
      find: "        owed.came();\n        onStray('late', late);",
      replace: '        owed.came();',
    },
    { id: 'serial-answer-cut-in-two', file: TALK, find: 'if (reader.held > 0) timer', replace: 'if (reader.held > 1e9) timer' },
    {
      id: 'serial-echo-is-an-answer',
      file: ANSWERS,
      find: "      if (frame.equals(request.bytes) || echoesOf(request).some((e) => e.equals(frame))) return { kind: 'echo' };\n",
      replace: '',
    },
    {
      id: 'serial-expect-ignored',
      file: ANSWERS,
      find: '    if (pattern && !pattern.matcher',
      replace: "    if (pattern && request.name === '' && !pattern.matcher",
    },
    {
      id: 'serial-column-ignored',
      file: ANSWERS,
      find: "return others ? { kind: 'foreign' }",
      replace: "return others && request.name === '' ? { kind: 'foreign' }",
    },
    { id: 'serial-settles-at-once', file: OWED, find: 'if (leftMs <= 0) {', replace: 'if (leftMs <= 1e9) {' },
  ],
};

// Mutations of the way of a row to a sink. S1 to S12 are those that once survived.
import type { MutationList } from './mutation.ts';

const dir = 'src/runtime/sink';
const line = `${dir}/sink-line.ts`;
const outbox = `${dir}/outbox.ts`;
const flight = `${dir}/flight.ts`;
const parts = `${dir}/line-parts.ts`;
const spool = `${dir}/spool.ts`;
const drain = `${dir}/drain.ts`;
const aside = `${dir}/aside.ts`;
const lot = `${dir}/parking-lot.ts`;
const pacing = `${dir}/pacing.ts`;
const disk = `${dir}/disk-side.ts`;
const host = `${dir}/drain-host.ts`;
const interpreter = `${dir}/interpreter.ts`;
const queue = `${dir}/durable-queue.ts`;
const end = `${dir}/end-line.ts`;
const verdict = `${dir}/verdict.ts`;
const node = `${dir}/sink-node.ts`;

export const mutations: MutationList = {
  area: 'sink',
  tests: ['outbox', 'cases', 'parking', 'props'].map((name) => `test/runtime/sink/${name}.test.ts`),
  slowTests: ['test/runtime/sink/model.test.ts'],
  mutations: [
    {
      id: 'failing-disk-never-asked-again',
      file: host,
      find: '!line.diskFails || spool.delayMs(true) === 0',
      replace: '!line.diskFails',
    },
    { id: 'S1-caught-up-only-when-empty', file: outbox, find: 'waiting <= limits.waiting / 2)', replace: 'waiting === 0)' },
    { id: 'S2-flight-never-trimmed', file: flight, find: 'this.list.length > TRIM_AT &&', replace: 'this.list.length < 0 &&' },
    { id: 'S3-failed-not-awaited', file: line, find: 'if (this.flight.count > 0) return;', replace: '' },
    { id: 'S4-drain-while-copies-fly', file: outbox, find: "s.drain === 'idle' && load.copies === 0) {", replace: "s.drain === 'idle') {" },
    { id: 'S5-copy-of-refused-is-sent', file: aside, find: "    item.state = 'done';\n    if (!parks) {", replace: '    if (!parks) {' },
    {
      id: 'S6-answered-go-back-to-memory',
      file: spool,
      find: "const all = this.buffer.filter((i) => i.state !== 'done');",
      equivalent: 'The pump skips what is done as well: only the count of waiting rows differs for a moment.',
      replace: 'const all = this.buffer;',
    },
    { id: 'S7-drain-of-a-lost-link-goes-on', file: drain, find: '    this.token++;\n', replace: '' },
    { id: 'S8-delivered-are-written', file: spool, find: "this.buffer = this.buffer.filter((i) => i.state !== 'done');", replace: '' },
    {
      id: 'S9-drain-not-stopped',
      file: outbox,
      find: "if (s.drain === 'running') effects.push('stopDrain');\n      s.drain",
      replace: 's.drain',
    },
    {
      id: 'S10-watch-from-old-progress',
      file: interpreter,
      find: "case 'armWatch':\n        pacing.progressed();",
      replace: "case 'armWatch':",
    },
    { id: 'S11-never-released-after-spill', file: line, find: '        this.release(items);\n', replace: '' },
    {
      id: 'S12-pump-while-retrying',
      file: line,
      find: "this.state.mode === 'up' && this.state.link",
      replace: "this.state.mode !== 'spilling' && this.state.link",
    },
    // the machine
    {
      id: 'link-up-does-not-try',
      file: outbox,
      find: "s.link = 'open';\n      return tryNow(s, load, effects);",
      replace: "s.link = 'open';\n      return;",
    },
    {
      id: 'link-down-keeps-drain',
      file: outbox,
      find: "effects.push('stopDrain');\n      s.drain = 'idle';",
      replace: "effects.push('stopDrain');",
    },
    { id: 'retry-not-owed-for-backlog', file: outbox, find: '|| (hasBacklog(s, load) && load.copies === 0);', replace: ';' },
    {
      id: 'retry-not-owed-for-failed',
      file: outbox,
      find: "(s.mode === 'retrying' && load.flying === 0) || (has",
      replace: "(s.mode === 'retrying' && load.flying > 0) || (has",
    },
    {
      id: 'flush-not-armed',
      file: outbox,
      find: "if (buffered > 0 && s.flush === 'idle') {",
      replace: "if (buffered > 1 && s.flush === 'idle') {",
    },
    {
      id: 'no-watch',
      file: outbox,
      find: "const needsWatch = s.mode !== 'spilling' && waiting",
      replace: "const needsWatch = s.mode === 'retrying' && waiting",
    },
    { id: 'no-guard-for-drain', file: outbox, find: "(s.drain === 'running' || (s.mode", replace: '(false || (s.mode' },
    { id: 'no-guard-for-copies', file: outbox, find: "(s.mode === 'spilling' && load.copies > 0));", replace: 'false);' },
    { id: 'guard-not-rearmed', file: outbox, find: "    case 'guardDue':\n      s.guard = 'idle';", replace: "    case 'guardDue':" },
    {
      id: 'disk-never-ok',
      file: outbox,
      find: "      s.disk = 'ok';\n      return;\n    case 'writeFailed'",
      replace: "      return;\n    case 'writeFailed'",
    },
    { id: 'disk-never-fails', file: outbox, find: "s.disk = 'failing';", replace: "s.disk = 'ok';" },
    { id: 'drained-stays-spilling', file: outbox, find: "s.drain = 'idle';\n      s.mode = 'up';", replace: "s.drain = 'idle';" },
    { id: 'stuck-stays-up', file: outbox, find: "s.mode = 'spilling';\n      effects.push('spill');", replace: "s.mode = 'spilling';" },
    { id: 'failing-disk-makes-nobody-wait', file: outbox, find: "if (s.disk === 'failing' && buffered > 0) return true;", replace: '' },
    {
      id: 'behind-one-late',
      file: outbox,
      find: 'waiting >= limits.waiting) return true',
      replace: 'waiting > limits.waiting) return true',
    },
    { id: 'works-after-the-end', file: outbox, find: 'if (before.ended) return [before, none];', replace: '' },
    // items in memory
    {
      id: 'late-answer-of-an-earlier-flight',
      file: flight,
      find: "item.state === 'flying' && item.flights === numbers[i]",
      replace: "item.state === 'flying'",
    },
    {
      id: 'late-answer-ignored',
      file: line,
      find: '(item: SinkItem): void => this.delivered(item);',
      replace: '(item: SinkItem): void => void item;',
    },
    { id: 'late-answer-sent-again', file: line, find: "if (item.state === 'done') continue;", replace: '' },
    { id: 'abandoned-still-counted', file: flight, find: "item.state = 'failed';\n    this.count = 0;", replace: "item.state = 'failed';" },
    { id: 'abandoned-forgotten', file: line, find: 'this.flight.abandon();', replace: '' },
    {
      id: 'sent-into-the-lost-link',
      file: line,
      find: "    this.apply('linkDown');\n    this.goBack();",
      replace: "    this.goBack();\n    this.apply('linkDown');",
    },
    {
      id: 'failed-go-to-the-end',
      file: line,
      find: 'else this.waiting.unshift(back);',
      replace: 'else for (const i of back) this.waiting.push(i);',
    },
    {
      id: 'more-in-flight',
      file: flight,
      find: 'this.count < maxItems',
      replace: 'this.count <= maxItems',
    },
    {
      id: 'direct-while-others-wait',
      file: line,
      find: 'this.isReady && this.waiting.size === 0 && this.flight',
      equivalent: 'The pump leaves something waiting only when the flight is full or the sink is not ready.',
      replace: 'this.isReady && this.flight',
    },
    { id: 'not-retained', file: line, find: 'acks[i]!.retain();', replace: 'void acks[i];' },
    { id: 'released-twice', file: line, find: '    item.acks = none;\n', replace: '' },
    {
      id: 'not-spilled-at-four-times-the-bound',
      file: line,
      find: 'this.waiting.size >= 4 * this.waitingLimit ||',
      replace: 'this.waiting.size >= 400 * this.waitingLimit ||',
    },
    {
      id: 'delivery-not-counted-out',
      file: line,
      find: "tookOne(item: Pick<SinkItem, 'data' | 'dynamic'>): void {\n    this.stats.recordsOut++;",
      replace: "tookOne(item: Pick<SinkItem, 'data' | 'dynamic'>): void {",
    },
    // the disk
    {
      id: 'buffer-cut-by-count',
      file: spool,
      find: 'const written = new Set(page);',
      replace: 'const written = new Set(this.buffer.slice(0, page.length - 1));',
    },
    { id: 'no-linger', file: spool, find: 'this.buffer.length >= AT_ONCE ? 0 : LINGER_MS', replace: '0' },
    { id: 'no-write-at-once', file: spool, find: 'this.buffer.length >= AT_ONCE ? 0', replace: 'this.buffer.length > AT_ONCE ? 0' },
    {
      id: 'disk-pause-forgotten',
      file: spool,
      find: 'this.pauseUntilMs = this.options.clock.monotonic() + this.pause.next();',
      replace: 'this.pause.next();',
    },
    {
      id: 'disk-pause-from-each-look',
      file: spool,
      find: 'Math.max(0, this.pauseUntilMs - this.options.clock.monotonic())',
      replace: '5000',
    },
    {
      id: 'older-behind-newer',
      file: spool,
      find: 'this.buffer = [...items, ...this.buffer];',
      replace: 'this.buffer = [...this.buffer, ...items];',
    },
    { id: 'write-failure-unseen', file: disk, find: "ok ? 'written' : 'writeFailed'", replace: "'written'" },
    { id: 'drain-failure-unseen', file: disk, find: "      ended('failed');\n", replace: '' },
    {
      id: 'refill-while-failing',
      file: host,
      find: 'spool.buffer.length > 0 && takes &&',
      replace: 'spool.buffer.length > 0 &&',
    },
    { id: 'flying-copies-unknown', file: queue, find: 'i.flights > 0 || i.faults > 0', replace: 'i.faults > 0' },
    {
      id: 'shortened-forgets-who-flies',
      file: queue,
      find: 'bytes: payload.byteLength, from };',
      replace: 'bytes: payload.byteLength, from: undefined };',
    },
    { id: 'head-not-removed', file: queue, find: '      if (pages.includes(page)) forget(page);', replace: '' },
    // the drain
    {
      id: 'one-failure-sends-all-again',
      file: drain,
      find: 'const rest = entries.filter((e) => !isDone(e));',
      replace: 'const at = entries.findIndex((e) => !isDone(e));\n    const rest = at < 0 ? [] : entries.slice(at);',
    },
    { id: 'counts-lost-between-rounds', file: drain, find: 'if (this.work?.seq === page.seq &&', replace: 'if (this.work?.seq === -1 &&' },
    { id: 'crowd-behind-a-failing-row', file: drain, find: 'head.faults > 0 || head.stays ? 1', replace: 'false ? 1' },
    { id: 'no-probe', file: drain, find: 'if (!isSuspect(failed, host))', replace: 'if (isDone(failed) || true)' },
    { id: 'probe-only-this-page', file: drain, find: 'else if (!(await this.probeNextPage(seq, token)))', replace: 'else' },
    {
      id: 'suspect-not-tried-again',
      file: drain,
      find: "if (!taken) return 'failed';\n    await this.send(suspect, token, false);",
      replace: "if (!taken) return 'failed';",
    },
    { id: 'long-pause-for-faults', file: disk, find: "line.pacing.soon = end === 'soon';", replace: '' },
    {
      id: 'rounds-side-by-side',
      file: drain,
      find: 'const round = this.previous.then(() => this.round(token));',
      replace: 'const round = this.round(token);',
    },
    {
      id: 'late-answer-in-drain-twice',
      file: drain,
      find: '          if (entry.done) return;\n',
      replace: '',
      equivalent: 'An entry is sent by one round at a time, and a second delivery of it only counts once more.',
    },
    { id: 'waits-for-answers-of-a-lost-link', file: drain, find: 'for (const leave of [...this.leaving]) leave();', replace: '' },
    // rows that are not taken
    { id: 'fault-is-final', file: verdict, find: "answered === true ? 'fault' : 'away'", replace: "answered === true ? 'final' : 'away'" },
    { id: 'fault-is-away', file: verdict, find: "answered === true ? 'fault' : 'away'", replace: "answered === true ? 'away' : 'away'" },
    { id: 'parked-without-evidence', file: verdict, find: ' && deliveries > row.faultsSince;', replace: ';' },
    { id: 'parked-one-failure-late', file: verdict, find: 'row.faults >= parkAfter &&', replace: 'row.faults > parkAfter &&' },
    {
      id: 'evidence-from-the-last-fault',
      file: verdict,
      find: 'if (row.faults++ === 0) row.faultsSince',
      replace: 'if (row.faults++ >= 0) row.faultsSince',
    },
    {
      id: 'confirmed-before-parked',
      file: aside,
      find: '    lot.park(item, messageOf(error)',
      replace: '    this.line.letGo(item);\n    lot.park(item, messageOf(error)',
    },
    { id: 'never-confirmed-when-parked', file: aside, find: '      () => this.line.letGo(item),\n', replace: '      () => undefined,\n' },
    {
      id: 'copy-and-taken-back',
      file: line,
      find: 'if (this.state.ended || item.stored) return;',
      equivalent: 'takeFailed leaves out what has a copy as well.',
      replace: 'if (this.state.ended) return;',
    },
    { id: 'park-failure-loses-the-row', file: aside, find: '        this.line.takeBack(item);\n', replace: '' },
    {
      id: 'full-lot-takes-more',
      file: lot,
      find: 'this.rowCount + this.reserved + rows <= this.limits.maxRows',
      replace: 'this.rowCount + this.reserved + rows <= this.limits.maxRows + 1',
    },
    { id: 'reservation-kept', file: lot, find: '      this.reserved -= rows;', replace: '' },
    {
      id: 'dead-letter-parked-instead',
      file: aside,
      find: 'return this.line.parts.deadLetter === undefined && this',
      replace: 'return this',
    },
    { id: 'overtaken-ignored', file: aside, find: '(entry.overtaken || inFlight) && !force', replace: 'inFlight && !force' },
    { id: 'in-flight-ignored', file: aside, find: '(entry.overtaken || inFlight) && !force', replace: 'entry.overtaken && !force' },
    { id: 'force-ignored', file: aside, find: 'inFlight) && !force)', replace: 'inFlight))' },
    { id: 'tried-twice', file: aside, find: 'if (this.busy.has(id)) throw', replace: 'if (this.busy.has(-1)) throw' },
    { id: 'tried-while-away', file: aside, find: 'if (!line.isReady) throw', replace: 'if (line.state.ended) throw' },
    {
      id: 'delivered-stays-parked',
      file: aside,
      find: 'void lot.remove(id).then(() => resolve(undefined), resolve);',
      replace: 'resolve(undefined);',
    },
    { id: 'overtake-not-stored', file: lot, find: 'await this.change(e.id, (row) => ({ ...row, overtaken: true }));', replace: '' },
    { id: 'numbers-begin-again', file: lot, find: 'this.nextId = Math.max(this.nextId, page.seq + 1);', replace: '' },
    {
      id: 'try-comes-into-the-line',
      file: line,
      find: "for (const item of failed) if (item.parkedTry) this.endTry(item, ioError('the connection was lost'));",
      replace: '',
    },
    {
      id: 'try-goes-to-disk',
      file: line,
      find: "for (const item of items) if (item.parkedTry) this.endTry(item, ioError('the sink does not confirm'));",
      replace: '',
    },
    // times and the end
    {
      id: 'failure-counts-as-progress',
      file: pacing,
      find: 'return this.parts.clock.monotonic() - this.lastProgressMs;',
      replace: 'return this.parts.clock.monotonic() - this.lastAnswerMs;',
    },
    { id: 'guard-fires-in-any-case', file: interpreter, find: '< pacing.guardMs) this.apply', replace: '< 0) this.apply' },
    { id: 'guard-never-fires', file: interpreter, find: '< pacing.guardMs) this.apply', replace: '>= 0) this.apply' },
    { id: 'patience-for-all', file: parts, find: 'definition.patient ? PATIENCE : (definition.patience ?? 1)', replace: 'PATIENCE' },
    { id: 'no-patience', file: parts, find: 'definition.patient ? PATIENCE : (definition.patience ?? 1)', replace: '1' },
    { id: 'patience-of-the-guard', file: pacing, find: '(this.parts.patient ? PATIENCE : 1)', replace: '1' },
    {
      id: 'end-does-not-wait',
      file: end,
      find: 'while (wait && moves() && leftMs() > 0)',
      replace: 'while (wait && !moves() && leftMs() > 0)',
    },
    { id: 'end-waits-for-ever', file: end, find: 'moves() && leftMs() > 0)', replace: 'moves())' },
    { id: 'end-forgets-the-buffer', file: end, find: '[...buffered, ...line.flight', replace: '[...line.flight' },
    { id: 'end-forgets-what-flies', file: end, find: '...line.flight.unstored(), ', replace: '' },
    { id: 'lost-is-confirmed', file: node, find: 'again ? rest.filter((i) => !lost.includes(i)) : rest', replace: 'rest' },
    { id: 'lost-is-not-counted', file: node, find: 'line.dropped += countRows(lost);', replace: '' },
    {
      id: 'backlog-of-before-forgotten',
      file: node,
      find: 'if (this.line.spool.pages > 0 && !this.cache.alterQueue) this.line.startWithBacklog();',
      replace: '',
    },
    { id: 'parked-of-before-forgotten', file: node, find: 'await this.guarded(() => lot.open());', replace: '' },
  ],
};

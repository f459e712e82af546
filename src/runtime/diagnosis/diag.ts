// The way of a rule, step by step: connection → subscription → bytes → decode → columns → filter, window, join, project → template → sink → answer,
// with counts, last value and last error of each, and the first step where data stops. Called for `kuiper diag` and GET /rules/{id}/diag; reads live
// counters only.
import type { RuleHealth } from '../api.ts';
import type { RuleStatusView, RunStatusView, SinkStatusView, SourceStatusView } from '../status/view.ts';
import { type Cause, type Diag, type DiagStep, messages, moment, rows, type Step, since, span } from './cause.ts';
import { stepOf } from './causes.ts';
import { sampleOf } from './sample.ts';

export function diagOf(rule: RuleStatusView, health: RuleHealth, nowMs: number): Diag {
  const { run } = rule;
  const head = { rule: rule.id, state: health.state, ok: health.ok, problems: health.problems, notes: health.notes };
  if (!run || rule.state !== 'running') {
    if (rule.state === 'waiting' && rule.nextStartAtMs > 0) {
      const text = `The rule waits for its schedule: it starts at ${moment(rule.nextStartAtMs)}.`;
      const cure = 'Nothing needs to be done; cron, duration and cronDatetimeRange of its options say when it runs.';
      return { ...head, summary: `${text} ${cure}`, stopsAt: { step: 'rule', at: rule.id, text, cure }, steps: [] };
    }
    const text = rule.message ? `The rule is ${stateWord(rule)}: ${rule.message}.` : `The rule is ${stateWord(rule)}.`;
    const cure = rule.state === 'stoppedByError' ? 'Correct the cause and start it: kuiper start rule.' : 'Start it: kuiper start rule.';
    return { ...head, summary: `${text} ${cure}`, stopsAt: { step: 'rule', at: rule.id, text, cure }, steps: [] };
  }
  const walk: Walk = { steps: [], causes: health.causes, nowMs, rule, run };
  for (const s of run.sources) walkSource(walk, s);
  for (let n = 0; n < run.operators.length; n++) walkOperator(walk, n);
  for (const s of run.sinks) walkSink(walk, s);
  const stop = walk.steps.find((s) => s.state === 'stops') ?? walk.steps.find((s) => s.state === 'waits');
  if (!stop) return { ...head, summary: summaryOf(walk), steps: walk.steps };
  const cause =
    health.causes.find((c) => c.at === stop.at && c.step === stop.step) ?? health.causes.find((c) => c.at === stop.at && c.problem);
  const text = cause?.text ?? stop.text;
  const cure = cause?.cure ?? stepCure(stop);
  return {
    ...head,
    summary: `Data stops at ${stop.step} (${stop.at}). ${text}${cure ? ` ${cure}` : ''}`,
    stopsAt: { step: stop.step, at: stop.at, text, cure },
    steps: walk.steps,
  };
}

/** What to do where no cause has more to say. */
function stepCure(stop: DiagStep): string {
  const { step, at, in: seen } = stop;
  switch (step) {
    case 'connection':
      return 'Check the address and whether the peer runs and can be reached; the gateway goes on trying by itself.';
    case 'subscription':
      return 'Check the name that is read, and the rights of the user there.';
    case 'decode':
      return 'Compare a message with the FORMAT and the declared columns of the stream.';
    case 'window':
      return seen > 0
        ? 'A window in event time ends with the first row behind its end and lateTolerance; the rule option idleTimeout ends it when rows stop coming.'
        : 'Look at the step before.';
    case 'template':
      return `Compare the dataTemplate, fields and format of ${at} with a result of the rule.`;
    case 'sink':
      if (stop.state === 'waits') return 'Set lingerInterval, or a smaller batchSize, when results are to go out sooner.';
      return 'Check the address and whether the peer runs; the rows that wait are sent when it is back.';
    case 'answer':
      return 'Look at the last error; kuiper parked list and retry show and send again the rows that the peer does not take.';
    default:
      return 'Compare the statement with the last value of the step before.';
  }
}

interface Walk {
  readonly steps: DiagStep[];
  readonly causes: readonly Cause[];
  readonly nowMs: number;
  readonly rule: RuleStatusView;
  readonly run: RunStatusView;
}

const stateWord = (rule: RuleStatusView): string => (rule.state === 'stoppedByError' ? 'stopped by an error' : rule.state);
const causeAt = (walk: Walk, at: string, step: Step): Cause | undefined =>
  walk.causes.find((c) => c.at === at && c.step === step && c.problem) ?? walk.causes.find((c) => c.at === at && c.step === step);

function walkSource(walk: Walk, s: SourceStatusView): void {
  const { nowMs, steps } = walk;
  const inside = s.inside();
  const health = s.health();
  const stats = s.stats();
  const { reads } = inside;
  const linked = reads.linked ?? health.connection === 'connected';
  const away = `${health.connection}${health.message ? `: ${health.message}` : ''}`;
  const none = { in: 0, out: 0, failed: 0 };
  const peer = reads.peer ? ` to ${reads.peer}` : '';
  steps.push({
    step: 'connection',
    at: s.name,
    state: linked ? 'flows' : 'stops',
    ...none,
    text: linked
      ? `connected${peer}${inside.connectedAtMs > 0 ? ` ${since(inside.connectedAtMs, nowMs)}` : ''}`
      : `not connected${peer}: ${away}`,
    ...(health.lastLoss && { lastError: health.lastLoss }),
  });
  if (!linked) return;
  const reading = health.connection === 'connected';
  steps.push({
    step: 'subscription',
    at: s.name,
    state: reading ? 'flows' : 'stops',
    ...none,
    text: reading ? `reads ${reads.what}` : `${reads.what} is not read: ${away}`,
  });
  if (!reading) return;
  const n = stats.recordsIn;
  const quiet = causeAt(walk, s.name, 'bytes');
  steps.push({
    step: 'bytes',
    at: s.name,
    state: n > 0 && !quiet?.problem ? 'flows' : 'stops',
    in: n,
    out: n,
    failed: health.dropped,
    text:
      n > 0
        ? `${messages(n)}${inside.bytes > 0 ? `, ${inside.bytes} bytes` : ''}, the last one ${span(nowMs - health.lastMessageAtMs)} ago`
        : 'no message yet',
  });
  if (n === 0) return;
  const failing = causeAt(walk, s.name, 'decode');
  const decodes = stats.recordsOut > 0 && !failing?.problem;
  steps.push({
    step: 'decode',
    at: s.name,
    state: decodes ? 'flows' : 'stops',
    in: n,
    out: stats.recordsOut,
    failed: stats.exceptions,
    text: failing?.text ?? (decodes ? `${rows(stats.recordsOut)} decoded` : 'no row came out of the messages'),
    ...(inside.lastRow && { lastValue: sampleOf(inside.lastRow) }),
    ...(stats.lastException && { lastError: stats.lastException }),
  });
  if (!decodes) return;
  const columns = walk.causes.filter((c) => c.at === s.name && c.step === 'columns');
  const wrong = columns.find((c) => c.problem);
  steps.push({
    step: 'columns',
    at: s.name,
    state: wrong ? 'stops' : 'flows',
    in: stats.recordsOut,
    out: stats.recordsOut,
    failed: 0,
    text: columns.length > 0 ? columns.map((c) => c.text).join(' ') : 'every column that the rule reads has been seen',
  });
}

/** True when a step before lets nothing through, so that what follows only waits. */
const blocked = (walk: Walk): boolean => walk.steps.some((s) => s.state === 'stops' && s.step !== 'columns');

function walkOperator(walk: Walk, index: number): void {
  const { run, steps } = walk;
  const o = run.operators[index]!;
  const { name } = o;
  const step = stepOf(name);
  const offered = index === 0 && run.sources.length === 1 ? Math.max(o.recordsIn, run.sources[0]!.stats().recordsOut) : o.recordsIn;
  const failing = run.failing.get(name)?.isOn(o.recordsIn) === true;
  const cause = causeAt(walk, name, step);
  // one side of a rule may let nothing through while others give results
  const others = run.sinks.some((s) => s.shaped.seen > 0);
  const stops = failing || cause?.problem === true || (offered > 0 && o.recordsOut === 0 && !others);
  const state = offered === 0 && !others ? 'waits' : stops ? 'stops' : 'flows';
  if (offered === 0 && blocked(walk)) return;
  steps.push({
    step,
    at: name,
    state,
    in: offered,
    out: o.recordsOut,
    failed: o.exceptions,
    text: cause?.text ?? (offered === 0 ? 'nothing has come here yet' : `${o.recordsOut} of ${offered} went on`),
    ...(o.lastException && { lastError: o.lastException }),
  });
}

function walkSink(walk: Walk, s: SinkStatusView): void {
  const { steps, nowMs } = walk;
  const h = s.health();
  const given = s.shaped.seen;
  if (given === 0 && blocked(walk)) return;
  const shapes = !s.shaped.failing.isOn(given);
  steps.push({
    step: 'template',
    at: s.name,
    state: given === 0 ? 'waits' : shapes ? 'flows' : 'stops',
    in: given,
    out: given - s.shaped.failing.count,
    failed: s.shaped.failing.count,
    text:
      given === 0
        ? 'no result yet'
        : shapes
          ? `${given - s.shaped.failing.count} results made ready`
          : `results cannot be made ready: ${s.shaped.failing.reason}`,
    ...(s.shaped.failing.reason && { lastError: s.shaped.failing.reason }),
  });
  if (given === 0) return;
  if (s.stats.recordsIn === 0 && shapes) {
    steps.push({
      step: 'sink',
      at: s.name,
      state: 'waits',
      in: 0,
      out: 0,
      failed: 0,
      text: 'nothing was sent yet: results wait for their batch (batchSize, lingerInterval), or are left out as empty (omitIfEmpty)',
    });
    return;
  }
  const there = s.connection.state === 'connected' || (s.connection.state === 'connecting' && s.connection.lastTryAtMs === 0);
  const waiting = h.waiting + h.queueRows;
  steps.push({
    step: 'sink',
    at: s.name,
    state: there ? 'flows' : 'stops',
    in: s.stats.recordsIn,
    out: s.stats.recordsOut,
    failed: h.dropped,
    text: there ? 'connected' : `${s.connection.state}: ${h.message || h.lastError || 'no answer yet'}; ${rows(waiting)} wait`,
    ...(h.lastError && { lastError: h.lastError }),
  });
  if (!there) return;
  const refuses = h.parked > 0 || h.refused - s.shaped.failing.count > 0;
  const stuck =
    h.mode !== 'up' || h.storeError !== '' || h.parkError !== '' || (s.stats.recordsIn > 0 && s.stats.recordsOut === 0 && waiting > 0);
  steps.push({
    step: 'answer',
    at: s.name,
    state: stuck || (refuses && s.stats.recordsOut === 0) || h.parked > 0 ? 'stops' : 'flows',
    in: s.stats.recordsIn,
    out: s.stats.recordsOut,
    failed: h.refused + h.parked,
    text: stuck
      ? `the peer does not confirm: ${rows(waiting)} wait${h.queueOldestAtMs > 0 ? ` ${since(h.queueOldestAtMs, nowMs)}` : ''}${h.lastError ? `: ${h.lastError}` : ''}`
      : h.parked > 0
        ? `the peer does not take ${rows(h.parked)}: ${h.parkedReason} (kuiper show parked)`
        : refuses
          ? `the peer refused ${rows(h.refused)}: ${h.lastError}`
          : `${rows(s.stats.recordsOut)} confirmed`,
    ...(h.lastError && { lastError: h.lastError }),
  });
}

function summaryOf({ run, nowMs }: Walk): string {
  const came = run.sources.reduce((n, s) => n + s.stats().recordsIn, 0);
  const went = run.sinks.reduce((n, s) => n + s.stats.recordsOut, 0);
  const last = Math.max(0, ...run.sources.map((s) => s.health().lastMessageAtMs));
  return `Data flows: ${messages(came)} came in${last > 0 ? `, the last one ${span(nowMs - last)} ago (${moment(last)})` : ''}, and ${went} were confirmed by the sinks.`;
}

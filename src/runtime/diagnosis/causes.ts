// Why a running rule gives nothing, or less than it should: asks each part of the way, from the sources to the project. What sinks and connections
// have to say stands in status/health.ts. Called for health and diag; reads live counters and changes nothing.
import { catalogue, type ErrorCode } from '../../base/errors/catalogue/index.ts';
import type { OperatorStats } from '../../exec/operator.ts';
import type { RuleStatusView, RunStatusView } from '../status/view.ts';
import { type Cause, messages, moment, rows, type Step, since, span } from './cause.ts';
import { columnCauses } from './columns.ts';
import type { Failing } from './failing.ts';
import { shownColumn } from './sample.ts';
import { silenceCause } from './silence.ts';
import { lateText, windowCauses } from './windows.ts';

/** A filter that has seen fewer rows says nothing. */
const ENOUGH = 3;
/** … or has let one through within this time. */
const LONG_MS = 600_000;
const MAX_COLUMNS = 5;
/** A message that is decoded and still not a row of its stream. */
const DECLARED_CURE = 'Compare the TIMESTAMP column and the declared columns of the stream with the message, or correct the sender.';

export function causesOf(rule: RuleStatusView, nowMs: number): Cause[] {
  const { run } = rule;
  if (!run || rule.state !== 'running') return [];
  const received = new Map(run.sources.map((s) => [s.name, s.stats().recordsIn]));
  const runsMs = nowMs - rule.lastStartAtMs;
  const views = run.explain();
  const out: Cause[] = [];
  for (let n = 0; n < run.sources.length; n++) out.push(...sourceCauses(rule, run, n, nowMs));
  for (const o of run.operators) {
    const failing = run.failing.get(o.name);
    if (failing) out.push(failingCause(o, failing, run, nowMs));
  }
  out.push(
    ...windowCauses({
      operators: run.operators,
      views,
      streams: run.sources.map((s) => ({ name: s.name, received: received.get(s.name)! })),
      runsMs,
      nowMs,
    }),
  );
  out.push(...lateCauses(run, nowMs));
  for (let n = 0; n < run.operators.length; n++) out.push(...emptyCauses(run, n, nowMs));
  return out;
}

function sourceCauses(rule: RuleStatusView, run: RunStatusView, n: number, nowMs: number): Cause[] {
  const s = run.sources[n]!;
  const inside = s.inside();
  const stats = s.stats();
  const health = s.health();
  const out: Cause[] = [];
  s.rhythm.look(health.lastMessageAtMs);
  const silence = silenceCause({
    health,
    inside,
    received: stats.recordsIn,
    expectEveryMs: rule.definition.options.expectEveryMs,
    sinceMs: rule.lastStartAtMs,
    rhythm: s.rhythm,
    nowMs,
  });
  if (silence) out.push(silence);
  if (stats.exceptions > 0) {
    const f = inside.failing;
    const on = f.isOn(inside.messages);
    const what =
      health.undecodable > 0
        ? `Source ${s.name} got ${messages(health.undecodable)} that cannot be decoded`
        : `Source ${s.name} failed ${stats.exceptions} times`;
    out.push({
      step: 'decode',
      at: s.name,
      kind: 'undecodable',
      problem: on,
      text: `${what}${on ? `, ${since(f.sinceMs, nowMs)}` : `, the last one ${moment(f.lastAtMs)}`}: ${f.reason}.${f.sample ? ` For example: ${f.sample}` : ''}`,
      cure: f.code === 'EVAL_FAILED' ? DECLARED_CURE : cureOf(f),
      sinceMs: f.sinceMs,
      count: stats.exceptions,
    });
  }
  const input = run.plan?.inputs.filter((i) => i.kind === 'stream')[n];
  if (input)
    out.push(
      ...columnCauses(s.name, inside, { columns: input.columns, all: input.all, anyCase: run.plan?.anyCase === true }, stats.recordsOut),
    );
  return out;
}

function failingCause(o: OperatorStats, f: Failing, run: RunStatusView, nowMs: number): Cause {
  const on = f.isOn(o.recordsIn);
  const columns = run.plan?.details?.[o.name]?.columns.slice(0, MAX_COLUMNS) ?? [];
  const parts = [
    on
      ? `Operator ${o.name}: ${f.share()} fails, ${rows(f.series)} ${since(f.sinceMs, nowMs)}: ${f.reason}.`
      : `Operator ${o.name} failed on ${rows(f.count)}, the last time ${moment(f.lastAtMs)}: ${f.reason}.`,
  ];
  if (columns.length > 0) parts.push(`It reads ${columns.join(', ')}.`);
  if (f.sample) parts.push(`For example: ${f.sample}`);
  return {
    step: stepOf(o.name),
    at: o.name,
    kind: 'rows-fail',
    problem: on,
    text: parts.join(' '),
    cure: cureOf(f),
    sinceMs: f.sinceMs,
    count: f.count,
  };
}

function lateCauses(run: RunStatusView, nowMs: number): Cause[] {
  const views = run.explain();
  return run.operators.flatMap((o): Cause[] => {
    const dropped = o.dropped ?? 0;
    if (dropped === 0) return [];
    const grown = run.growth.of(`${o.name} late`, dropped, nowMs);
    return [
      {
        step: 'window',
        at: o.name,
        kind: 'late',
        problem: grown.on,
        text: lateText(dropped, views[o.name], nowMs),
        cure: 'Set lateTolerance to what the rows may be late, and check the clocks of the senders.',
        sinceMs: grown.sinceMs,
        count: dropped,
      },
    ];
  });
}

/** Filters and joins that let nothing through. */
function emptyCauses(run: RunStatusView, n: number, nowMs: number): Cause[] {
  const o = run.operators[n]!;
  const step = stepOf(o.name);
  if (step !== 'filter' && step !== 'join') return [];
  // rows that the source did not offer, since an index says that the filter will not take them, are rows that it did not let through
  const offered = n === 0 && run.sources.length === 1 ? run.sources[0]!.stats().recordsOut : o.recordsIn;
  const passing = run.growth.of(`${o.name} out`, o.recordsOut, nowMs);
  const coming = run.growth.of(`${o.name} in`, offered, nowMs);
  const never = o.recordsOut === 0;
  if (offered < ENOUGH || (!never && nowMs - passing.lastMs < LONG_MS) || !coming.on) return [];
  if (run.failing.get(o.name)?.isOn(o.recordsIn)) return [];
  const details = run.plan?.details?.[o.name];
  const row = run.sources.length === 1 ? run.sources[0]!.inside().lastRow : undefined;
  const shown = row && details ? details.columns.slice(0, MAX_COLUMNS).map((c) => shownColumn(c, row)) : [];
  const slip = row && details?.text ? otherSpelling(details.text, row) : undefined;
  const condition = details?.text ? ` (${details.text})` : '';
  const text =
    step === 'join'
      ? `Join ${o.name} has found nothing for any of ${offered} rows or windows.`
      : never
        ? `Filter ${o.name}${condition} has let none of ${rows(offered)} through.`
        : `Filter ${o.name}${condition} has let nothing through for ${span(nowMs - passing.lastMs)}.`;
  return [
    {
      step,
      at: o.name,
      kind: step === 'join' ? 'join-empty' : 'filter-empty',
      problem: slip !== undefined,
      text: [text, ...(shown.length > 0 ? [`The last row: ${shown.join(', ')}.`] : []), ...(slip ? [slip] : [])].join(' '),
      cure:
        step === 'join'
          ? 'Compare the columns of ON with what both sides send.'
          : 'Nothing needs to be done when such rows are meant to be rare; else compare the condition with the last row.',
      sinceMs: never ? 0 : passing.lastMs,
      count: offered,
    },
  ];
}

/** `state = "On"` and messages that say `on`. */
function otherSpelling(condition: string, row: Readonly<Record<string, unknown>>): string | undefined {
  const m = /^\(?\s*`?([\w.]+)`?\s*=\s*(?:"([^"]*)"|'([^']*)')\s*\)?$/.exec(condition);
  const value = m && row[m[1]!.split('.').at(-1)!];
  const wanted = m?.[2] ?? m?.[3];
  if (typeof value !== 'string' || wanted === undefined || value === wanted) return undefined;
  return value.trim().toLowerCase() === wanted.trim().toLowerCase()
    ? `Texts are compared letter by letter: did you mean ${JSON.stringify(value)}?`
    : undefined;
}

/** `3_filter` → filter, also of a step of WITH or a side of UNION ALL: `warm_3_filter`, `union_1_3_filter` */
export function stepOf(operator: string): Step {
  const kind = /(?:^|_)\d+_([a-z_]+)$/.exec(operator)?.[1] ?? operator;
  if (kind === 'filter' || kind === 'having') return 'filter';
  if (kind === 'window' || kind === 'inc_agg_window' || kind === 'watermark') return 'window';
  if (kind === 'join' || kind === 'lookup' || kind === 'join_aligner') return 'join';
  return 'project';
}

const cureOf = (f: Failing): string => {
  // expressions have one code; what a decoder says is about the payload
  if (f.code === 'EVAL_FAILED' && /invalid operation|cannot convert/.test(f.reason))
    return 'Compare and compute with values of one type: write numbers without quotes, or convert the column with cast().';
  return Object.hasOwn(catalogue, f.code)
    ? catalogue[f.code as ErrorCode].cure
    : 'Look at the reason, and correct the statement or the sender.';
};

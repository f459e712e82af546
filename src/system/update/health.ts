// Whether a new version is as good as the one before it: what was seen before the restart, compared with what is seen after it. Pure; the samples are
// taken by probe.ts, the machine of updates gets the verdict from updater.ts.

/** One look at the device. */
export interface Sample {
  /** What keeps the gateway from answering, with what systemd and the log say; undefined: REST answers. */
  readonly silent?: string;
  readonly safeMode?: string;
  /** Rules by id: whether it runs, and how many messages it has taken since its start. */
  readonly rules: Readonly<Record<string, { readonly running: boolean; readonly messages: number; readonly text?: string }>>;
  /** There is a way out to a network. */
  readonly network: boolean;
  /** The data partition could not be mounted: the device runs in RAM. */
  readonly dataLost: boolean;
}

/** How things were before the restart. */
export interface Baseline {
  /** Rules that ran; true where messages came in the minute before. */
  readonly rules: Readonly<Record<string, boolean>>;
  readonly safeMode: boolean;
  readonly network: boolean;
  /** False when the gateway did not answer: nothing can be compared then but the answer itself. */
  readonly answered: boolean;
}

export const NOTHING_KNOWN: Baseline = { rules: {}, safeMode: false, network: false, answered: false };

/** @param earlier the same device a minute before: a rule that got messages in between had data */
export function baselineOf(now: Sample, earlier: Sample): Baseline {
  const rules: Record<string, boolean> = {};
  for (const [id, { running, messages }] of Object.entries(now.rules))
    if (running) rules[id] = messages > (earlier.rules[id]?.messages ?? messages);
  return { rules, safeMode: now.safeMode !== undefined, network: now.network, answered: now.silent === undefined };
}

export interface Observation {
  readonly startedMs: number;
  /** Since when nothing was worse than before; undefined while something is. */
  readonly healthySinceMs?: number;
  /** Rules of the baseline that had data and have none yet. */
  readonly dry: readonly string[];
  readonly complaints: readonly string[];
}

export interface Limits {
  /** So long everything must be as before, without a break. */
  readonly healthyMs: number;
  /** After so long without having become healthy the version is left. */
  readonly deadlineMs: number;
}

export type Judgement = { readonly verdict: 'wait' | 'healthy' | 'leave'; readonly text: string };

export const observation = (nowMs: number, { rules }: Baseline): Observation => ({
  startedMs: nowMs,
  dry: Object.keys(rules).filter((id) => rules[id]),
  complaints: [],
});

/** One more look. */
export function observe(before: Observation, baseline: Baseline, sample: Sample, nowMs: number, limits: Limits): [Observation, Judgement] {
  const complaints = complaintsOf(baseline, sample);
  const dry = before.dry.filter((id) => (sample.rules[id]?.messages ?? 0) === 0);
  const { healthySinceMs = nowMs } = before;
  const next: Observation = { startedMs: before.startedMs, dry, complaints, ...(complaints.length === 0 ? { healthySinceMs } : {}) };
  // It does not leave by itself, and rules do not run in it: no need to wait.
  if (sample.safeMode !== undefined && !baseline.safeMode) return [next, { verdict: 'leave', text: complaints.join('; ') }];
  if (complaints.length === 0 && dry.length === 0 && nowMs - healthySinceMs >= limits.healthyMs)
    return [next, { verdict: 'healthy', text: praise(baseline) }];
  const missing = [...complaints, ...dry.map((id) => `rule ${id} has got no data, which it had before`)];
  // A version that became healthy late gets its time to show it.
  const late = complaints.length > 0 || dry.length > 0;
  if (late && nowMs - before.startedMs >= limits.deadlineMs) return [next, { verdict: 'leave', text: missing.join('; ') }];
  return [next, { verdict: 'wait', text: missing.join('; ') }];
}

function complaintsOf(baseline: Baseline, { silent, safeMode, rules, network, dataLost }: Sample): string[] {
  const found: string[] = [];
  if (dataLost) found.push('the data partition could not be mounted');
  if (silent !== undefined) found.push(`the gateway does not answer: ${silent}`);
  if (safeMode !== undefined && !baseline.safeMode) found.push(`the gateway is in safe mode: ${safeMode}`);
  if (silent === undefined && safeMode === undefined)
    for (const id of Object.keys(baseline.rules)) {
      const rule = rules[id];
      if (!rule) found.push(`rule ${id} is gone`);
      else if (!rule.running) found.push(`rule ${id} does not run${rule.text ? `: ${rule.text}` : ''}`);
    }
  if (baseline.network && !network) found.push('there is no network, which there was before');
  return found;
}

function praise({ rules, network }: Baseline): string {
  const ran = Object.keys(rules).length;
  const flowing = Object.values(rules).filter(Boolean).length;
  return `The gateway answers, ${ran} of ${ran} rules run again, ${flowing} of ${flowing} have data again${network ? ', the network is there' : ''}.`;
}

// One reason why data does not flow, or flows less than it should, as health and diag tell it. Made by the files of this folder from live counters;
// nothing is kept besides what Growth needs to know what is over.

/** Where on its way a message stops, in order of the way. */
export const steps = [
  'rule',
  'connection',
  'subscription',
  'bytes',
  'decode',
  'columns',
  'filter',
  'window',
  'join',
  'project',
  'template',
  'sink',
  'answer',
] as const;
export type Step = (typeof steps)[number];

export interface Cause {
  step: Step;
  /** Node that it is about: `plant`, `3_filter`, `mqtt_0`. */
  at: string;
  /** For programs; stays the same while the text changes. */
  kind: string;
  /** True: data that should flow does not, or is lost. False: it may well be meant so. */
  problem: boolean;
  /** One sentence or two, with since when and how many. */
  text: string;
  /** What to do. */
  cure: string;
  /** Epoch ms; 0 = not known. */
  sinceMs: number;
  count: number;
}

export interface DiagStep {
  step: Step;
  /** Node: a source, an operator, a sink. */
  at: string;
  /** `flows`: data goes through. `stops`: here it ends. `waits`: nothing has come here yet. */
  state: 'flows' | 'stops' | 'waits';
  in: number;
  out: number;
  failed: number;
  text: string;
  lastValue?: string;
  lastError?: string;
}

export interface Diag {
  rule: string;
  state: string;
  ok: boolean;
  /** One sentence: where data stops and why, or that it flows. */
  summary: string;
  /** Undefined when data flows all the way. */
  stopsAt?: { step: Step; at: string; text: string; cure: string };
  steps: DiagStep[];
  /** Everything that health has to say. */
  problems: string[];
  notes: string[];
}

/** `since 2026-11-30T20:11:05Z (40 s)` */
export function since(atMs: number, nowMs: number): string {
  return `since ${moment(atMs)} (${span(nowMs - atMs)})`;
}

export const moment = (atMs: number): string => new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');

/** A span as people say it. @returns `40 s`, `3 min`, `2 h`, `5 days` */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 120) return `${s} s`;
  if (s < 7200) return `${Math.floor(s / 60)} min`;
  if (s < 172_800) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} days`;
}

export const rows = (n: number): string => `${n} row${n === 1 ? '' : 's'}`;
export const messages = (n: number): string => `${n} message${n === 1 ? '' : 's'}`;

// What flows, kept up to date by one event stream for the whole page: opened when a part of the page looks, closed when none does or the page is hidden.
// Rates are differences between two pushes. Made by main.ts; read by useRates.
import { useEffect, useState } from 'preact/hooks';
import { type Api, ApiError } from './api.ts';

export interface RuleLine {
  id: string;
  name: string;
  state: string;
  ok: boolean;
  problems: string[];
  recordsIn: number;
  recordsOut: number;
  exceptions: number;
  waiting: number;
  lastMessageAtMs: number;
  startedAtMs: number;
  tags: string[];
  /** Per second. */
  inRate: number;
  outRate: number;
}

interface Push {
  atMs: number;
  all: boolean;
  rules: Omit<RuleLine, 'inRate' | 'outRate'>[];
  gone: string[];
}

export interface RatesState {
  /** Undefined: nothing came yet. */
  rules: ReadonlyMap<string, RuleLine> | undefined;
  atMs: number;
  /** Why nothing comes. */
  error: unknown;
}

export interface Rates {
  readonly state: RatesState;
  /** @returns ends it */
  watch(changed: () => void): () => void;
  /** What was read before a token was given is asked again. */
  restart(): void;
}

const EVERY_MS = 1000;
const RETRY_MS = [500, 1000, 2000, 5000];

export function createRates(api: Api): Rates {
  const watchers = new Set<() => void>();
  let state: RatesState = { rules: undefined, atMs: 0, error: undefined };
  let running: AbortController | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const put = (next: Partial<RatesState>) => {
    state = { ...state, ...next };
    for (const w of watchers) w();
  };
  const take = (push: Push) => {
    failures = 0;
    const before = state.rules;
    const rules = new Map(push.all ? [] : before);
    const seconds = state.atMs > 0 ? (push.atMs - state.atMs) / 1000 : 0;
    // a rule that did not change has no rate
    for (const [id, line] of rules) if (line.inRate !== 0 || line.outRate !== 0) rules.set(id, { ...line, inRate: 0, outRate: 0 });
    for (const line of push.rules) rules.set(line.id, withRates(line, before?.get(line.id), seconds, push.atMs));
    for (const id of push.gone) rules.delete(id);
    put({ rules, atMs: push.atMs, error: undefined });
  };
  const start = () => {
    if (running || watchers.size === 0 || document.visibilityState === 'hidden') return;
    const controller = new AbortController();
    running = controller;
    api
      .stream(`/live?interval=${EVERY_MS}`, undefined, controller.signal, (data) => take(data as Push))
      .catch((error: unknown) => {
        if (!controller.signal.aborted) put({ error });
        // only a token helps here; restart() comes with it
        if (error instanceof ApiError && (error.status === 401 || error.status === 403)) failures = -1;
      })
      .finally(() => {
        if (running !== controller) return;
        running = undefined;
        if (failures < 0) return;
        retry = setTimeout(start, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
      });
  };
  const stop = () => {
    clearTimeout(retry);
    running?.abort();
    running = undefined;
  };
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? stop() : start()));
  return {
    get state() {
      return state;
    },
    watch(changed) {
      watchers.add(changed);
      start();
      return () => {
        watchers.delete(changed);
        if (watchers.size === 0) stop();
      };
    },
    restart() {
      stop();
      failures = 0;
      state = { rules: undefined, atMs: 0, error: undefined };
      start();
    },
  };
}

function withRates(line: Omit<RuleLine, 'inRate' | 'outRate'>, before: RuleLine | undefined, seconds: number, atMs: number): RuleLine {
  // a run that began since counts from its own start
  const same = before !== undefined && before.startedAtMs === line.startedAtMs && seconds > 0;
  const span = same ? seconds : line.startedAtMs > 0 ? (atMs - line.startedAtMs) / 1000 : 0;
  const rate = (now: number, was: number) => (span > 0 ? Math.max(0, now - (same ? was : 0)) / span : 0);
  return { ...line, inRate: rate(line.recordsIn, before?.recordsIn ?? 0), outRate: rate(line.recordsOut, before?.recordsOut ?? 0) };
}

export function useRates(rates: Rates): RatesState {
  const [, redraw] = useState(0);
  useEffect(() => rates.watch(() => redraw((n) => n + 1)), [rates]);
  return rates.state;
}

// Looks which topics have messages at a broker, for a person who asks why none arrive: "did you mean plant/temp?". On a connection of its own with a
// client id of its own and QoS 0, so that what is read is not disturbed; a second or two, a few hundred topics. Called by source.ts (search).

import type { ConnectorContext } from '../../contract/context.ts';
import type { SourceFound } from '../../contract/source.ts';
import { nearness } from '../../sql/suggest.ts';
import { clientIdOf } from './client-id.ts';
import { MqttConnection } from './connection.ts';
import type { ConnectionProps } from './options.ts';
import type { Subscription } from './subscription.ts';
import { plainFilter } from './topic.ts';

const LOOK_MS = 1500;
/** Until the connection is made. */
const CONNECT_MS = 2000;
const MAX_TOPICS = 200;
const MAX_MESSAGES = 2000;
/** Named to a person. */
const MAX_PLACES = 10;

/** @returns what there is, likeliest first; with `problem` when the broker did not let us look */
export async function lookAround(ctx: ConnectorContext, props: ConnectionProps, filters: readonly string[]): Promise<SourceFound> {
  const connection = new MqttConnection(
    { ...props, clientid: '', enableClientSession: false, will: undefined },
    {
      clock: ctx.clock,
      log: ctx.log,
      clientId: clientIdOf(`${ctx.gatewayId}|look|${ctx.clock.monotonic()}|${filters.join()}`),
      persistent: false,
    },
  );
  const seen = new Map<string, number>();
  let messages = 0;
  let problem = '';
  const { promise: granted, resolve: onGranted } = Promise.withResolvers<boolean>();
  const { promise: enough, resolve: onEnough } = Promise.withResolvers<void>();
  const subscription: Subscription = {
    filters: wideFilters(filters),
    qos: 0,
    granted: false,
    onState(state, message) {
      if (state === 'connected') onGranted(true);
      else if (message) {
        problem = message;
        onGranted(false);
      }
    },
    onSkipped: (topic) => note(topic),
    onMessage: (packet, ack) => {
      ack?.();
      note(packet.topic);
    },
  };
  const note = (topic: string) => {
    if (seen.size < MAX_TOPICS || seen.has(topic)) seen.set(topic, (seen.get(topic) ?? 0) + 1);
    if (++messages >= MAX_MESSAGES) onEnough();
  };
  const stop = new AbortController();
  try {
    connection.subscribe(subscription);
    const ok = await Promise.race([granted, ctx.clock.sleep(CONNECT_MS, stop.signal).then(() => false)]);
    if (!ok) return { places: [], lookedMs: 0, problem: problem || 'the broker did not answer in time' };
    await Promise.race([enough, ctx.clock.sleep(LOOK_MS, stop.signal)]);
  } finally {
    stop.abort();
    await connection.close();
  }
  const places = [...seen]
    .map(([name, count]) => ({ name, messages: count, score: Math.max(...filters.map((f) => likeness(plainFilter(f), name))) }))
    .sort((a, b) => b.score - a.score || b.messages - a.messages || (a.name < b.name ? -1 : 1))
    .slice(0, MAX_PLACES)
    .map(({ name, messages: n, score }) => ({ name, messages: n, near: score >= NEAR }));
  return { places, lookedMs: LOOK_MS, problem: '' };
}

/** A topic as long as the filter at any name, and everything below its first level. */
export function wideFilters(filters: readonly string[]): string[] {
  const wide = filters.flatMap((f) => {
    const levels = plainFilter(f)
      .split('/')
      .filter((l) => l !== '#');
    const any = levels.map(() => '+').join('/') || '+';
    return /^[+$]?$/.test(levels[0] ?? '') ? [any] : [any, `${levels[0]}/#`];
  });
  return [...new Set(wide)];
}

const NEAR = 0.7;

/** 1 = the same, 0 = nothing in common: level by level; a wildcard of the filter is like anything. A missing or additional level costs as much as
 *  a wrong one. */
export function likeness(filter: string, topic: string): number {
  const f = filter.split('/').filter((l) => l !== '');
  const t = topic.split('/').filter((l) => l !== '');
  const open = f.at(-1) === '#';
  if (open) f.pop();
  const n = Math.max(f.length, open ? Math.min(t.length, f.length) : t.length, 1);
  let sum = 0;
  let wrong = 0;
  for (let i = 0; i < n; i++) {
    const a = f[i];
    const b = t[i];
    const one = a === undefined || b === undefined ? 0 : a === '+' ? 1 : nearness(a, b);
    if (one < 0.5) wrong++;
    sum += one;
  }
  // one level that is quite another is another thing, not a slip
  return wrong > 0 ? Math.min(sum / n, NEAR - 0.01) : sum / n;
}

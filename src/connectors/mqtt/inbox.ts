// Messages of one connection on their way to its subscriptions: which of them each one is for, and what becomes of those that are for none.
// Called by connection.ts; routes.ts knows the targets.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { createRoutes } from './routes.ts';
import type { Subscription } from './subscription.ts';
import type { Arriving } from './wire/publish-frame.ts';

/** How long messages of an old session wait for the subscription that they are for: rules start within seconds of each other. */
const EARLY_MS = 30_000;
/** More are confirmed unread: a session of MQTT 3.1.1 has 20 in flight, ours of MQTT 5 has `maxInFlight`. */
const MAX_EARLY = 65_535;

export interface InboxDeps {
  clock: Clock;
  log: Log;
  /** Largest payload. */
  limitBytes: number;
  subscriptions(): Iterable<Subscription>;
  /** Unread messages of the connection's session: `keep` them for the subscription that joins late, `leave` them to the broker, or `confirm` them. */
  unread(): 'keep' | 'leave' | 'confirm';
}

export class Inbox {
  messages = 0;
  private readonly deps: InboxDeps;
  private readonly routes: ReturnType<typeof createRoutes>;
  private readonly early: { packet: Arriving; skippedBytes: number | undefined; ack: () => void }[] = [];
  private earlyTimer: TimerHandle | undefined;

  constructor(deps: InboxDeps) {
    this.deps = deps;
    this.routes = createRoutes(() => deps.subscriptions());
  }

  /** Subscriptions came or went. @param joined messages that were there before it are for it, perhaps */
  changed(joined: boolean): void {
    this.routes.changed();
    if (joined) for (const m of this.early.splice(0)) void this.give(m.packet, m.skippedBytes, m.ack);
  }

  close(): void {
    this.deps.clock.clear(this.earlyTimer);
  }

  /** @param skippedBytes set: the payload was larger than the limit and is not there */
  give(packet: Arriving, skippedBytes: number | undefined, ack: (() => void) | undefined): void | Promise<void> {
    this.messages++;
    const targets = this.routes.of(packet.topic, packet.properties?.subscriptionIdentifier);
    if (targets === 'copy') return ack?.();
    if (targets.length === 0) return this.unread(packet, skippedBytes, ack);
    if (skippedBytes !== undefined) return this.skip(packet.topic, skippedBytes, targets, ack);
    if (targets.length === 1) return targets[0]!.onMessage(packet, ack);
    let open = targets.length;
    const part = ack && (() => void (--open === 0 && ack()));
    let waits: Promise<void>[] | undefined;
    for (const target of targets) {
      const wait = target.onMessage(packet, part);
      if (wait) (waits ??= []).push(wait);
    }
    if (waits) return Promise.all(waits).then(() => undefined);
  }

  private skip(topic: string, bytes: number, targets: readonly Subscription[], ack: (() => void) | undefined): void {
    const { limitBytes, log } = this.deps;
    log.warn({ code: 'MQTT_TOO_LARGE', topic, bytes, limitBytes }, 'A message was skipped: its payload is above maxPacketSize.');
    for (const target of targets) target.onSkipped(topic, bytes, limitBytes);
    ack?.();
  }

  /** A persistent session gives out what waited as soon as the connection is made; the subscription that it is for may join a moment later. */
  private unread(packet: Arriving, skippedBytes: number | undefined, ack: (() => void) | undefined): void {
    if (!ack) return;
    const verdict = this.deps.unread();
    if (verdict === 'leave') return; // shutting down: the broker gives it again
    if (verdict === 'confirm' || this.early.length >= MAX_EARLY) {
      this.deps.log.warn({ code: 'MQTT_UNWANTED', topic: packet.topic }, 'A message that nothing reads was confirmed unread.');
      return ack();
    }
    this.early.push({ packet, skippedBytes, ack });
    this.earlyTimer ??= this.deps.clock.setTimer(EARLY_MS, () => {
      this.earlyTimer = undefined;
      const count = this.early.length;
      for (const m of this.early.splice(0)) m.ack();
      if (count > 0)
        this.deps.log.warn({ code: 'MQTT_UNWANTED', count }, 'Messages of an old session that nothing reads were confirmed unread.');
    });
  }
}

/** What becomes of a message that nothing reads. */
export function unreadVerdict(o: {
  persistent: boolean;
  /** The connection ends, or its last subscription left its session behind. */
  leaving: boolean;
  /** The broker had a session of ours. */
  resumed: boolean;
  sinceConnectMs: number;
}): 'keep' | 'leave' | 'confirm' {
  if (o.leaving && o.persistent) return 'leave';
  return o.persistent && o.resumed && o.sinceConnectMs <= EARLY_MS ? 'keep' : 'confirm';
}

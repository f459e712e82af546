// What a broker does not take: the limits that it names in CONNACK (MQTT 5 §3.2.2.3), those that it names by hanging up (reasons 154 and
// 155), and those that are supposed, since a broker of 3.1.1 hangs up without a word. Kept by connection.ts, which publishes and subscribes
// at what is left, and tells people with `notesOf`.
import type { IConnackPacket } from 'mqtt';
import type { Publication } from './unwelcome.ts';

export type Qos = 0 | 1 | 2;

export interface BrokerLimits {
  readonly maxQos: Qos;
  readonly retain: boolean;
  readonly wildcards: boolean;
  readonly shared: boolean;
  /** Overlapping filters can be told apart. */
  readonly identifiers: boolean;
}

export const NO_LIMITS: BrokerLimits = { maxQos: 2, retain: true, wildcards: true, shared: true, identifiers: true };

/** @param p properties of a CONNACK of MQTT 5; absent before it */
export function limitsOf(p: NonNullable<IConnackPacket['properties']> | undefined): BrokerLimits {
  const named = (p as { maximumQoS?: number } | undefined)?.maximumQoS;
  return {
    maxQos: named === 0 || named === 1 ? named : 2,
    retain: p?.retainAvailable !== false,
    wildcards: p?.wildcardSubscriptionAvailable !== false,
    shared: p?.sharedSubscriptionAvailable !== false,
    identifiers: p?.subscriptionIdentifiersAvailable !== false,
  };
}

/** Limits of a broker that does not name them in time. They outlive a connection. */
export class LearnedLimits {
  maxQos: Qos = 2;
  retain = true;

  /** The broker refused something with this code of MQTT 5. @returns true when it is a limit that is kept from now on */
  refused(code: unknown, now: BrokerLimits): boolean {
    const qos = Math.min(this.maxQos, now.maxQos);
    if (code === 155 && qos > 0) this.maxQos = (qos - 1) as Qos;
    else if (code === 154 && this.retain && now.retain) this.retain = false;
    else return false;
    return true;
  }
}

/** A publication as it was sent. */
export interface Flight extends Publication {
  readonly qos: Qos;
  readonly retain: boolean;
  /** The rule wanted more than this: a higher QoS, or the retained flag. */
  readonly lowered: boolean;
}

/** So many losses in a row with such a publication on the wire, none of which was ever confirmed, are not an accident. */
const SUSPICIOUS = 2;

/** A broker that hangs up on what it does not take, without a reason: QoS 2 is supposed first, then the retained flag. A supposition that does
 *  not help is withdrawn for good. */
export class Supposition {
  private readonly kinds = {
    qos: { of: (f: Flight) => f.qos === 2, losses: 0, over: false },
    retain: { of: (f: Flight) => f.retain, losses: 0, over: false },
  };
  private held: 'qos' | 'retain' | undefined;
  private proven = false;

  /** QoS 2 is left out. */
  get noQos2(): boolean {
    return this.held === 'qos';
  }

  /** Retained flags are left out. */
  get noRetain(): boolean {
    return this.held === 'retain';
  }

  /** The broker hung up without a reason with these on the wire. @returns true when something new is supposed */
  lost(onWire: Iterable<Flight>): boolean {
    const flights = [...onWire];
    if (this.held) {
      if (!this.proven && flights.some((f) => f.lowered)) this.held = undefined;
      return false;
    }
    for (const name of ['qos', 'retain'] as const) {
      const kind = this.kinds[name];
      if (kind.over || !flights.some(kind.of)) continue;
      kind.losses++;
      if (kind.losses < SUSPICIOUS) continue;
      kind.over = true;
      this.held = name;
      return true;
    }
    return false;
  }

  /** The broker took this one. */
  confirmed(flight: Flight): void {
    const { qos, retain } = this.kinds;
    if (qos.of(flight)) qos.over = true;
    if (retain.of(flight)) retain.over = true;
    if (flight.lowered) this.proven = true;
  }
}

/** What holds of all three. */
export function together(named: BrokerLimits, learned: LearnedLimits, supposed: Supposition): BrokerLimits {
  const maxQos = Math.min(named.maxQos, learned.maxQos, supposed.noQos2 ? 1 : 2) as Qos;
  return { ...named, maxQos, retain: named.retain && learned.retain && !supposed.noRetain };
}

/** What a publisher asks for and does not get, for people. @param supposed the broker did not say so itself */
export function notesOf(limits: BrokerLimits, wish: { qos: Qos; retained: boolean }, server: string, supposed: Supposition): string[] {
  const notes: string[] = [];
  if (wish.qos > limits.maxQos)
    notes.push(
      supposed.noQos2
        ? `${server} closed the connection twice on a message of QoS 2; messages are published with QoS 1.`
        : `${server} takes QoS ${limits.maxQos} at most; messages are published with QoS ${limits.maxQos} instead of ${wish.qos}${limits.maxQos === 0 ? ', without a confirmation' : ''}.`,
    );
  if (wish.retained && !limits.retain)
    notes.push(
      supposed.noRetain
        ? `${server} closed the connection twice on a retained message; messages are published without the retained flag.`
        : `${server} does not keep retained messages; messages are published without the retained flag.`,
    );
  return notes;
}

/** @returns why the broker will not take this filter; undefined when it may */
export function refusalOf(filter: string, limits: BrokerLimits): string | undefined {
  if (!limits.shared && filter.startsWith('$share/'))
    return `the broker does not offer shared subscriptions: subscribe to "${filter.replace(/^\$share\/[^/]*\//, '')}" without $share`;
  if (!limits.wildcards && /(^|\/)[+#](\/|$)/.test(filter))
    return `the broker does not offer subscriptions with wildcards: name the topics of "${filter}" one by one, separated by commas`;
  return undefined;
}

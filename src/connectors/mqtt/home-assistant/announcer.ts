// Keeps Home Assistant told of what a sink publishes: each column of each topic is announced before the first message that holds it, again
// after each connection (a broker without a disk forgets), and the sink says whether it is there. Called by ../sink.ts.
import { createHash } from 'node:crypto';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import type { SinkProps, WillProps } from '../options.ts';
import { type DeviceFacts, entityOf } from './entity.ts';
import type { HomeAssistantProps } from './options.ts';

/** Topics that are devices of their own, and columns of one: more are published without being announced, which health says. */
const MAX_DEVICES = 1000;
const MAX_ENTITIES = 200;

export type PublishRetained = (topic: string, payload: string) => void | Promise<void>;

/** Node of a sink in discovery topics, the same for ever. */
export const nodeOf = (ctx: Pick<ConnectorContext, 'gatewayId' | 'getRuleId' | 'getOpId'>): string =>
  `kuiper_${createHash('sha256').update(`${ctx.gatewayId}|${ctx.getRuleId()}|${ctx.getOpId()}`).digest('hex').slice(0, 12)}`;

export class Announcer {
  private readonly ctx: ConnectorContext;
  private readonly props: HomeAssistantProps;
  private readonly sink: SinkProps;
  private readonly node: string;
  private readonly availability: { topic: string; offline: string } | undefined;
  private readonly publish: PublishRetained;
  private readonly devices = new Map<string, { facts: DeviceFacts; told: Set<string> }>();
  /** Announcements under way; messages wait for them in their order. */
  private pending: Promise<void> | undefined;
  private unfit = '';

  constructor(
    ctx: ConnectorContext,
    props: HomeAssistantProps,
    sink: SinkProps,
    publish: PublishRetained,
    will: Pick<WillProps, 'topic' | 'payload'> | undefined,
  ) {
    this.ctx = ctx;
    this.props = props;
    this.sink = sink;
    this.publish = publish;
    this.node = nodeOf(ctx);
    this.availability = will && { topic: will.topic, offline: String(will.payload) };
  }

  /** The connection is made: nothing of what was announced may be relied on. */
  connected(): void {
    for (const d of this.devices.values()) d.told.clear();
    const went = this.say('online');
    if (went) void went.catch((error: unknown) => this.ctx.log.debug({ cause: messageOf(error) }, 'Availability was not confirmed.'));
  }

  /** The sink ends in an orderly way: no will is published then. */
  async ended(): Promise<void> {
    try {
      await this.say(this.availability?.offline ?? '');
    } catch (error) {
      this.ctx.log.debug({ cause: messageOf(error) }, 'Availability was not confirmed.');
    }
  }

  private say(state: string): void | Promise<void> {
    if (this.availability) return this.publish(this.availability.topic, state);
  }

  /** @returns a promise when the message must wait for an announcement; it rejects when the broker was lost */
  announce(topic: string, data: string | Uint8Array): void | Promise<void> {
    const due = this.due(topic, data);
    if (due.length === 0) return this.pending;
    const before = this.pending;
    // what comes meanwhile waits for this one
    for (const { told, column } of due) told.add(column);
    const run = (async () => {
      await before;
      for (const { message } of due) await this.publish(message.topic, message.payload);
    })();
    this.pending = run;
    const clear = () => {
      if (this.pending === run) this.pending = undefined;
    };
    run.then(clear, () => {
      // whoever waits gets the failure; those that come later try again
      for (const { told, column } of due) told.delete(column);
      clear();
    });
    return run;
  }

  private due(topic: string, data: string | Uint8Array) {
    const row = this.rowOf(data);
    const device = row && this.deviceOf(topic);
    if (!device) return [];
    const due: { told: Set<string>; column: string; message: { topic: string; payload: string } }[] = [];
    for (const column of Object.keys(row)) {
      if (device.told.has(column)) continue;
      if (this.props.entities[column] === false) {
        device.told.add(column);
        continue;
      }
      if (device.told.size + due.length >= MAX_ENTITIES) {
        this.unfit = `Only ${MAX_ENTITIES} columns of a message are announced to Home Assistant.`;
        break;
      }
      const message = entityOf(column, row[column], device.facts, this.props);
      if (message) due.push({ told: device.told, column, message });
    }
    return due;
  }

  private rowOf(data: string | Uint8Array): Record<string, unknown> | undefined {
    let row: unknown;
    try {
      row = JSON.parse(typeof data === 'string' ? data : Buffer.from(data).toString('utf8'));
    } catch {
      row = undefined; // said below
    }
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Record<string, unknown>;
    this.unfit = 'Messages that are not JSON objects are not announced to Home Assistant.';
    return undefined;
  }

  private deviceOf(topic: string) {
    let device = this.devices.get(topic);
    if (device) return device;
    if (this.devices.size >= MAX_DEVICES) {
      this.unfit = `Only ${MAX_DEVICES} topics are announced to Home Assistant as devices.`;
      return undefined;
    }
    const many = this.sink.topic.includes('{{');
    const id = many ? `${this.node}_${createHash('sha256').update(topic).digest('hex').slice(0, 8)}` : this.node;
    const named = this.props.device || this.ctx.getRuleId();
    const facts: DeviceFacts = {
      node: this.node,
      id,
      name: many ? `${named} ${topic}` : named,
      stateTopic: topic,
      qos: this.sink.qos,
      availability: this.availability,
    };
    device = { facts, told: new Set() };
    this.devices.set(topic, device);
    return device;
  }

  notes(): string[] {
    return [
      ...(this.availability
        ? []
        : ['Home Assistant is not told when the gateway is away: the connection is shared. Give it a will, or set expireAfter.']),
      ...(this.unfit ? [this.unfit] : []),
    ];
  }
}

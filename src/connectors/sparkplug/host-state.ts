// What a host application knows of the nodes of its groups: births, aliases, sequence numbers, deaths. Messages in, rows and requests for
// rebirth out; no connection. Used by source.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Row, Value, ValueObject } from '../../data/value.ts';
import { decodePayload, type Metric, type Payload } from './payload.ts';

const MAX_NODES = 10_000;
/** Metrics of one node with its devices. */
export const MAX_METRICS = 20_000;
/** A node is asked for a rebirth so often at most. */
const REBIRTH_EVERY_MS = 10_000;

interface Known {
  readonly name: string;
  readonly type: number | undefined;
}
interface Device {
  online: boolean;
  readonly metrics: Map<string, { type: number | undefined; value: Value }>;
}
interface Node {
  readonly group: string;
  readonly name: string;
  online: boolean;
  bdSeq: bigint | undefined;
  seq: number;
  askedAtMs: number;
  readonly aliases: Map<bigint, Known & { device: string }>;
  readonly devices: Map<string, Device>;
}

export interface HostOut {
  rows: Row[];
  /** Ask this node for all its births. */
  rebirth?: { group: string; node: string };
  /** What was left out, and why. */
  dropped: string[];
}

/** Topics of Sparkplug B: namespace, group, kind, node, device. */
export function parseTopic(topic: string): { group: string; kind: string; node: string; device: string } | undefined {
  const [namespace, group, kind, node, device = '', ...more] = topic.split('/');
  if (namespace !== 'spBv1.0' || more.length > 0 || !group || !node || !kind) return undefined;
  if (!/^[ND](BIRTH|DATA|DEATH|CMD)$/.test(kind) || kind.startsWith('D') !== (device !== '')) return undefined;
  return { group, kind, node, device };
}

export class HostState {
  private readonly nodes = new Map<string, Node>();
  private readonly complete: boolean;

  /** @param complete rows hold the last values of all metrics of the device, not only those that the message brings */
  constructor(complete: boolean) {
    this.complete = complete;
  }

  /** @param nowMs monotonic */
  message(topic: string, bytes: Uint8Array, nowMs: number): HostOut {
    const out: HostOut = { rows: [], dropped: [] };
    const at = parseTopic(topic);
    if (!at || at.kind.endsWith('CMD')) return out;
    const key = `${at.group}/${at.node}`;
    const node = this.nodes.get(key);
    let payload: Payload;
    try {
      payload = decodePayload(bytes, (m) => this.typeOf(node, at, m));
    } catch (error) {
      out.dropped.push(messageOf(error));
      return out;
    }
    if (at.kind === 'NBIRTH') this.nodeBirth(key, at, payload, out);
    else if (at.kind === 'NDEATH') this.nodeDeath(node, payload, out);
    else if (!node?.online) {
      out.dropped.push(`a message of a node without a birth`);
      this.ask(node ?? this.stranger(key, at), nowMs, out);
    } else this.ofNode(node, at, payload, nowMs, out);
    return out;
  }

  /** The connection was away: what the nodes said meanwhile is not known. @returns the nodes to ask */
  doubt(nowMs: number): { group: string; node: string }[] {
    return [...this.nodes.values()].flatMap((n) => {
      if (!n.online) return [];
      n.askedAtMs = nowMs;
      return [{ group: n.group, node: n.name }];
    });
  }

  private typeOf(
    node: Node | undefined,
    at: { device: string; kind: string },
    m: { name?: string | undefined; alias?: bigint | undefined },
  ) {
    if (!node || at.kind.endsWith('BIRTH')) return undefined;
    if (m.name !== undefined) return node.devices.get(at.device)?.metrics.get(m.name)?.type;
    return m.alias === undefined ? undefined : node.aliases.get(m.alias)?.type;
  }

  private stranger(key: string, at: { group: string; node: string }): Node | undefined {
    if (this.nodes.size >= MAX_NODES) return undefined;
    const node: Node = {
      group: at.group,
      name: at.node,
      online: false,
      bdSeq: undefined,
      seq: 0,
      askedAtMs: Number.NEGATIVE_INFINITY,
      aliases: new Map(),
      devices: new Map(),
    };
    this.nodes.set(key, node);
    return node;
  }

  private ask(node: Node | undefined, nowMs: number, out: HostOut): void {
    if (!node || nowMs - node.askedAtMs < REBIRTH_EVERY_MS) return;
    node.askedAtMs = nowMs;
    out.rebirth = { group: node.group, node: node.name };
  }

  private nodeBirth(key: string, at: { group: string; node: string }, payload: Payload, out: HostOut): void {
    const node = this.nodes.get(key) ?? this.stranger(key, at);
    if (!node) return void out.dropped.push(`more than ${MAX_NODES} nodes`);
    node.online = true;
    node.seq = payload.seq ?? 0;
    const bd = payload.metrics.find((m) => m.name === 'bdSeq')?.value;
    node.bdSeq = typeof bd === 'bigint' ? bd : undefined;
    node.aliases.clear();
    // each device is born again after its node
    node.devices.clear();
    this.born(node, '', payload, out);
  }

  private nodeDeath(node: Node | undefined, payload: Payload, out: HostOut): void {
    if (!node?.online) return;
    const bd = payload.metrics.find((m) => m.name === 'bdSeq')?.value;
    // the will of a session before this one
    if (typeof bd === 'bigint' && node.bdSeq !== undefined && bd !== node.bdSeq) return;
    node.online = false;
    for (const [name, device] of node.devices) if (device.online) this.dead(node, name, device, payload, out);
  }

  private dead(node: Node, name: string, device: Device, payload: Payload, out: HostOut): void {
    device.online = false;
    out.rows.push(this.row(node, name, 'death', payload, undefined, {}, {}));
  }

  private ofNode(node: Node, at: { kind: string; device: string }, payload: Payload, nowMs: number, out: HostOut): void {
    const expected = (node.seq + 1) % 256;
    // encoders that leave out what is 0
    const seq = payload.seq ?? (expected === 0 ? 0 : undefined);
    if (seq !== undefined) {
      if (seq !== expected) {
        out.dropped.push('messages are missing: the sequence number jumped');
        this.ask(node, nowMs, out);
      }
      node.seq = seq;
    }
    if (at.kind === 'DBIRTH') return this.born(node, at.device, payload, out);
    const device = node.devices.get(at.device);
    if (!device?.online) {
      out.dropped.push('a message of a device without a birth');
      return this.ask(node, nowMs, out);
    }
    if (at.kind === 'DDEATH') return this.dead(node, at.device, device, payload, out);
    this.data(node, at.device, device, payload, nowMs, out);
  }

  private born(node: Node, name: string, payload: Payload, out: HostOut): void {
    for (const [alias, known] of node.aliases) if (known.device === name) node.aliases.delete(alias);
    const device: Device = { online: true, metrics: new Map() };
    node.devices.set(name, device);
    const metrics: ValueObject = {};
    const quality: ValueObject = {};
    for (const m of payload.metrics) {
      if (m.name === undefined) {
        out.dropped.push('a metric of a birth has no name');
        continue;
      }
      if (node.aliases.size >= MAX_METRICS || device.metrics.size >= MAX_METRICS) {
        out.dropped.push(`more than ${MAX_METRICS} metrics of a node`);
        break;
      }
      if (m.alias !== undefined) node.aliases.set(m.alias, { name: m.name, type: m.datatype, device: name });
      if (isControl(m.name)) continue;
      device.metrics.set(m.name, { type: m.datatype, value: m.value });
      metrics[m.name] = m.value;
      if (m.quality !== undefined) quality[m.name] = BigInt(m.quality);
    }
    out.rows.push(this.row(node, name, 'birth', payload, undefined, metrics, quality));
  }

  private data(node: Node, name: string, device: Device, payload: Payload, nowMs: number, out: HostOut): void {
    /** By time of the values that the node kept for us; undefined: those of now. */
    const groups = new Map<number | undefined, { metrics: ValueObject; quality: ValueObject }>();
    for (const m of payload.metrics) {
      const known = this.known(node, name, m);
      if (!known) {
        out.dropped.push('a metric that its birth did not name');
        this.ask(node, nowMs, out);
        continue;
      }
      if (isControl(known.name)) continue;
      const time = m.historical ? (m.timestampMs ?? payload.timestampMs ?? 0) : undefined;
      let group = groups.get(time);
      if (!group) groups.set(time, (group = { metrics: {}, quality: {} }));
      group.metrics[known.name] = m.value;
      if (m.quality !== undefined) group.quality[known.name] = BigInt(m.quality);
      if (!m.historical) device.metrics.set(known.name, { type: known.type, value: m.value });
    }
    for (const [time, { metrics, quality }] of groups) {
      const all = this.complete && time === undefined ? Object.fromEntries([...device.metrics].map(([k, v]) => [k, v.value])) : metrics;
      out.rows.push(this.row(node, name, 'data', payload, time, all, quality));
    }
  }

  private known(node: Node, device: string, m: Metric): Known | undefined {
    if (m.name !== undefined) {
      const born = node.devices.get(device)?.metrics.get(m.name);
      if (born) return { name: m.name, type: m.datatype ?? born.type };
      return m.datatype === undefined && !isControl(m.name) ? undefined : { name: m.name, type: m.datatype };
    }
    const known = m.alias === undefined ? undefined : node.aliases.get(m.alias);
    return known?.device === device ? known : undefined;
  }

  private row(
    node: Node,
    device: string,
    kind: string,
    p: Payload,
    historicalMs: number | undefined,
    metrics: ValueObject,
    quality: ValueObject,
  ): Row {
    const timestamp = historicalMs ?? p.timestampMs;
    return {
      group: node.group,
      node: node.name,
      device: device === '' ? null : device,
      kind,
      online: kind !== 'death',
      timestamp: timestamp === undefined ? null : BigInt(timestamp),
      ...(historicalMs === undefined ? {} : { historical: true }),
      metrics,
      ...(Object.keys(quality).length > 0 ? { quality } : {}),
    };
  }
}

/** Metrics of the protocol itself, not of the plant. */
const isControl = (name: string): boolean => name === 'bdSeq' || name.startsWith('Node Control/') || name.startsWith('Device Control/');

// One edge node as a value: which metrics it has, with aliases and types, what its next messages hold, and their sequence numbers. No connection.
// Used by edge-node.ts.
import type { Value, ValueObject } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';
import type { Metric } from './payload.ts';
import { TYPES, typeOfValue } from './values.ts';

const MAX_METRICS = 5000;
const MAX_DEVICES = 1000;
export const REBIRTH = 'Node Control/Rebirth';

interface Known {
  readonly alias: bigint;
  type: number;
  value: Value;
  atMs: number;
}

export interface Outgoing {
  readonly kind: 'NBIRTH' | 'DBIRTH' | 'NDATA' | 'DDATA' | 'DDEATH';
  /** '' = the node itself. */
  readonly device: string;
  readonly seq: number;
  readonly metrics: readonly Metric[];
}

/** Objects become metrics with paths (`a/b`), as is usual in Sparkplug; lists become JSON. */
export function metricsOfRow(row: Readonly<Record<string, unknown>>, prefix = '', out: ValueObject = {}): ValueObject {
  for (const [name, value] of Object.entries(row)) {
    const v = value as Value;
    if (v === undefined) continue;
    const plain = typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array) && !isDateTime(v);
    if (plain) metricsOfRow(v as Record<string, unknown>, `${prefix}${name}/`, out);
    else out[prefix + name] = v;
  }
  return out;
}

export class EdgeState {
  private readonly devices = new Map<string, Map<string, Known>>();
  private nextAlias = 1n;
  private seq = 0;
  private count = 0;
  private readonly bdSeq: () => bigint;

  constructor(bdSeq: () => bigint) {
    this.bdSeq = bdSeq;
    this.devices.set('', new Map());
  }

  get deviceNames(): string[] {
    return [...this.devices.keys()].filter((d) => d !== '');
  }

  /** All births, the node's first: its sequence number is 0. @param nowMs epoch */
  births(nowMs: number): Outgoing[] {
    this.seq = 0;
    return [this.birth('', nowMs), ...this.deviceNames.map((d) => this.birth(d, nowMs))];
  }

  /** What a row makes of it.
   *  @param atMs when the rule gave the row  @param historical it waited here: hosts must not take it for the present
   *  @throws Error when the node has too many metrics or devices */
  row(device: string, row: Readonly<Record<string, unknown>>, atMs: number, historical: boolean, nowMs: number): Outgoing[] {
    const values = metricsOfRow(row);
    let metrics = this.devices.get(device);
    const isNew = metrics === undefined;
    const fresh = Object.keys(values).filter((name) => !metrics?.has(name) && values[name] !== null);
    if (isNew && this.devices.size > MAX_DEVICES) throw new Error(`a node has at most ${MAX_DEVICES} devices`);
    if (this.count + fresh.length > MAX_METRICS) throw new Error(`a node has at most ${MAX_METRICS} metrics`);
    if (!metrics) this.devices.set(device, (metrics = new Map()));
    let changed = isNew;
    const data: Metric[] = [];
    for (const [name, value] of Object.entries(values)) {
      let known = metrics.get(name);
      const type = typeOfValue(value);
      if (!known) {
        // a metric without a value has no type yet
        if (type === undefined) continue;
        known = { alias: this.nextAlias++, type, value: null, atMs };
        metrics.set(name, known);
        this.count++;
        changed = true;
      } else if (type !== undefined && type !== known.type && !fits(type, known.type)) {
        known.type = widened(known.type, type);
        changed = true;
      }
      if (!historical || known.value === null) {
        known.value = value;
        known.atMs = atMs;
      }
      data.push({ alias: known.alias, datatype: known.type, timestampMs: atMs, historical, value: as(value, known.type) });
    }
    // a birth holds the values as well; a node is born again with all its devices
    if (changed) return device === '' ? this.births(nowMs) : [this.birth(device, nowMs)];
    if (data.length === 0) return [];
    return [{ kind: device === '' ? 'NDATA' : 'DDATA', device, seq: this.next(), metrics: data }];
  }

  /** @returns the message that says that the device is gone */
  remove(device: string): Outgoing | undefined {
    const metrics = this.devices.get(device);
    if (!metrics || device === '') return undefined;
    this.devices.delete(device);
    this.count -= metrics.size;
    return { kind: 'DDEATH', device, seq: this.next(), metrics: [] };
  }

  private next(): number {
    this.seq = (this.seq + 1) % 256;
    return this.seq;
  }

  private birth(device: string, nowMs: number): Outgoing {
    const metrics: Metric[] = [...this.devices.get(device)!].map(([name, m]) => ({
      name,
      alias: m.alias,
      datatype: m.type,
      timestampMs: m.atMs,
      value: as(m.value, m.type),
    }));
    if (device !== '') return { kind: 'DBIRTH', device, seq: this.next(), metrics };
    const own: Metric[] = [
      { name: 'bdSeq', datatype: TYPES.Int64, timestampMs: nowMs, value: this.bdSeq() },
      { name: REBIRTH, datatype: TYPES.Boolean, timestampMs: nowMs, value: false },
    ];
    return { kind: 'NBIRTH', device, seq: 0, metrics: [...own, ...metrics] };
  }
}

/** Whole numbers go into a metric of floats. */
const fits = (type: number, into: number): boolean => (type === TYPES.Int64 && into === TYPES.Double) || into === TYPES.String;
const widened = (a: number, b: number): number => (a === TYPES.Int64 && b === TYPES.Double ? TYPES.Double : a === b ? a : TYPES.String);
const as = (v: Value, type: number): Value =>
  v === null
    ? null
    : type === TYPES.Double && typeof v === 'bigint'
      ? Number(v)
      : type === TYPES.String && typeof v !== 'string'
        ? textOf(v)
        : v;
const textOf = (v: Value): string =>
  typeof v === 'object' && v !== null && !isDateTime(v)
    ? JSON.stringify(v, (_k, x: unknown) => (typeof x === 'bigint' ? Number(x) : x))
    : String(isDateTime(v) ? v.epochMs : v);

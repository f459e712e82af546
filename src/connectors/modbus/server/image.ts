// The registers and coils of one unit that this gateway serves: made of the points of profiles, filled by rules, written by masters. A value is never made up:
// a point without one is its profile's "not available", NaN, or an exception. No clock and no network. Used by hub.ts.
import type { Row, Value } from '../../../data/value.ts';
import type { ModbusRequest } from '../frame.ts';
import { sunspecNotAvailable } from '../point-meaning.ts';
import { readPoint, unscaled, writeBytes } from '../point-value.ts';
import type { Point } from '../profile.ts';
import { toWire } from '../value-types.ts';
import { ILLEGAL_ADDRESS, ILLEGAL_VALUE, SERVER_FAILURE } from './request.ts';

interface Served {
  readonly point: Point;
  readonly profile: string;
  users: number;
  /** Register bytes; of coils and bit fields the number in them. */
  value: Buffer | number | undefined;
  /** What stands for "no value". */
  readonly none: Buffer | undefined;
  /** Monotonic ms from which on the value is too old. */
  untilMs: number;
  /** Who gave the value. */
  owner: object | undefined;
}

/** What a master writes, checked and taken apart. */
export interface MasterWrite {
  readonly row: Row;
  /** Puts it into the registers. */
  keep(): void;
}

/** Registers of a point, 0-based. */
const addressesOf = (p: Point): readonly number[] => p.apart ?? Array.from({ length: p.registers }, (_, i) => p.address + i);

const maskOf = (p: Point): number => (p.bit === undefined ? 0xffff : ((1 << p.bits) - 1) << p.bit);

const keyOf = (p: Point): string => `${p.fn} ${p.address} ${p.bit ?? ''} ${p.name}`;

export class UnitImage {
  private readonly points = new Map<string, Served>();
  /** By function (1 coil, 2 discrete, 3 holding, 4 input) and address. */
  private readonly places = new Map<number, Served[]>();

  /** @param profile its name: points of equal profiles are the same  @returns gives them back  @throws Error when a point cannot be served, or its place is taken */
  join(profile: string, points: readonly Point[]): () => void {
    const served = points.filter((p) => !p.sum);
    for (const p of served) this.check(profile, p);
    for (const p of served) {
      const known = this.points.get(keyOf(p));
      if (known) known.users++;
      else this.add(profile, p);
    }
    return () => {
      for (const p of served) this.leave(keyOf(p));
    };
  }

  /** Checks a value. @param untilMs monotonic  @returns puts it into the registers  @throws Error naming value and type */
  put(point: Point, value: Value, owner: object, untilMs: number): () => void {
    const served = this.points.get(keyOf(point));
    if (!served) throw new Error(`point ${point.name} is not served`);
    const raw = value === null || value === undefined ? undefined : rawOf(point, value);
    return () => Object.assign(served, { value: raw, untilMs, owner });
  }

  /** Values of this owner are over. */
  forget(owner: object): void {
    for (const served of this.points.values())
      if (served.owner === owner) {
        served.value = undefined;
        served.owner = undefined;
      }
  }

  /** @param zeros points without a value read as 0  @returns data of the reply, or the code of an exception */
  read({ fn, address, count }: ModbusRequest, nowMs: number, zeros: boolean): Buffer | number {
    const bits = fn <= 2;
    const data = Buffer.alloc(bits ? Math.ceil(count / 8) : 2 * count);
    let found = false;
    for (let i = 0; i < count; i++) {
      const here = this.at(fn, address + i);
      if (here.length === 0) continue;
      found = true;
      const word = wordOf(here, address + i, nowMs);
      if (word === undefined && !zeros) return SERVER_FAILURE;
      if (!bits) data.writeUInt16BE(word ?? 0, 2 * i);
      else if (word) data.writeUInt8(data.readUInt8(i >> 3) | (1 << (i & 7)), i >> 3);
    }
    return found ? data : ILLEGAL_ADDRESS;
  }

  /** @returns what the master writes, or the code of an exception: only whole, writable points can be written, all or none */
  write(request: ModbusRequest, nowMs: number, owner: object): MasterWrite | number {
    const table = request.fn === 5 || request.fn === 15 ? 1 : 3;
    const words = this.wordsOf(request, nowMs);
    if (typeof words === 'number') return words;
    const touched = new Set<Served>();
    for (const at of words.keys()) {
      const here = this.at(table, at);
      if (here.length === 0) return ILLEGAL_ADDRESS;
      for (const served of here) touched.add(served);
    }
    const row: Row = {};
    const kept: [Served, Buffer | number][] = [];
    for (const served of touched) {
      const { point } = served;
      const own = addressesOf(point).map((a) => words.get(a));
      if (!point.writable || own.some((w) => w === undefined)) return ILLEGAL_ADDRESS;
      const bytes = Buffer.concat(own.map((w) => Buffer.from([(w ?? 0) >> 8, (w ?? 0) & 255])));
      try {
        row[point.name] = readBytes(point, bytes);
      } catch {
        // a number that the profile excludes: the master is told so, and nothing is taken
        return ILLEGAL_VALUE;
      }
      kept.push([served, point.fn === 1 || point.bit !== undefined ? (bytes.readUInt16BE() & maskOf(point)) >> (point.bit ?? 0) : bytes]);
    }
    return {
      row,
      keep() {
        for (const [served, value] of kept) {
          served.value = value;
          served.untilMs = Number.POSITIVE_INFINITY;
          served.owner = owner;
        }
      },
    };
  }

  private wordsOf({ fn, address, count, data: written }: ModbusRequest, nowMs: number): Map<number, number> | number {
    const data = Buffer.from(written ?? []);
    const words = new Map<number, number>();
    if (fn === 22) {
      const here = this.at(3, address);
      const now = here.length === 0 ? undefined : wordOf(here, address, nowMs);
      if (now === undefined) return here.length === 0 ? ILLEGAL_ADDRESS : SERVER_FAILURE;
      const and = data.readUInt16BE();
      return words.set(address, (now & and) | (data.readUInt16BE(2) & ~and & 0xffff));
    }
    if (fn === 5) return words.set(address, data.readUInt8() ? 1 : 0);
    for (let i = 0; i < count; i++) words.set(address + i, fn === 15 ? (data.readUInt8(i >> 3) >> (i & 7)) & 1 : data.readUInt16BE(2 * i));
    return words;
  }

  private at = (fn: number, address: number): readonly Served[] => this.places.get(fn * 0x10000 + address) ?? NOBODY;

  private check(profile: string, p: Point): void {
    if (p.factor) throw new Error(`point ${p.name}: scaleFrom cannot be served; give it a scale`);
    if (p.bit !== undefined && p.registers !== 1) throw new Error(`point ${p.name}: bits of values of several registers cannot be served`);
    for (const address of addressesOf(p))
      for (const other of this.at(p.fn, address)) {
        if (other.profile !== profile)
          throw new Error(`point ${p.name}: register ${address} is served by profile ${other.profile} already, as ${other.point.name}`);
        if (other.point.name !== p.name && maskOf(other.point) & maskOf(p))
          throw new Error(
            `point ${p.name}: register ${address} is also in point ${other.point.name}; a server needs one point for a register`,
          );
      }
  }

  private add(profile: string, point: Point): void {
    const none = noneOf(point);
    const served: Served = { point, profile, users: 1, value: undefined, none, untilMs: Number.POSITIVE_INFINITY, owner: undefined };
    this.points.set(keyOf(point), served);
    for (const address of addressesOf(point)) {
      const key = point.fn * 0x10000 + address;
      this.places.set(key, [...(this.places.get(key) ?? []), served]);
    }
  }

  private leave(key: string): void {
    const served = this.points.get(key);
    if (!served || --served.users > 0) return;
    this.points.delete(key);
    for (const address of addressesOf(served.point)) {
      const place = served.point.fn * 0x10000 + address;
      const others = (this.places.get(place) ?? []).filter((s) => s !== served);
      if (others.length > 0) this.places.set(place, others);
      else this.places.delete(place);
    }
  }
}

const NOBODY: readonly Served[] = [];

/** Of all points in one register. @returns undefined when one of them has no value */
function wordOf(here: readonly Served[], address: number, nowMs: number): number | undefined {
  let word = 0;
  for (const { point, value, none, untilMs } of here) {
    const now = nowMs < untilMs ? (value ?? none) : none;
    if (now === undefined) return undefined;
    word |= typeof now === 'number' ? now << (point.bit ?? 0) : now.readUInt16BE(2 * addressesOf(point).indexOf(address));
  }
  return word;
}

/** @throws Error naming what does not fit */
function rawOf(point: Point, value: Value): Buffer | number {
  if (point.fn <= 2) {
    if (typeof value !== 'boolean') throw new Error(`${String(value)} is not true or false`);
    return value ? 1 : 0;
  }
  if (point.bit === undefined) return writeBytes(point, value);
  const raw = typeof value === 'boolean' ? Number(value) : Number(unscaled(value, point));
  if (!Number.isInteger(raw) || raw < 0 || raw >= 1 << point.bits) throw new Error(`${String(value)} does not fit into ${point.bits} bits`);
  return raw;
}

/** @throws Error when the registers hold no value of the point */
function readBytes(point: Point, bytes: Buffer): Value {
  if (point.fn === 1) return bytes.readUInt16BE() === 1;
  const alone: Point = { ...point, address: 0, apart: undefined };
  return readPoint(alone, { fn: 3, address: 0, count: point.registers, points: [alone] }, bytes);
}

/** Register bytes that say "not available": the profile's, or NaN. */
function noneOf(point: Point): Buffer | undefined {
  if (point.fn <= 2 || point.bit !== undefined) return undefined;
  if (point.type === 'float32') return toWire(Buffer.from('7fc00000', 'hex'), point.order);
  if (point.type === 'float64') return toWire(Buffer.from('7ff8000000000000', 'hex'), point.order);
  const patterns = [...(point.meaning?.notAvailable ?? [])];
  const own = sunspecNotAvailable(point.type);
  const pattern = own !== undefined && patterns.includes(own) ? own : patterns[0];
  if (pattern === undefined) return undefined;
  return toWire(Buffer.from(pattern.toString(16).padStart(point.registers * 4, '0'), 'hex'), point.order);
}

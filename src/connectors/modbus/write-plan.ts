// Turns the checked columns of a row into few write requests: neighbouring coils and registers go together, bits of one register too. Pure; write.ts sends them.
import type { Value } from '../../data/value.ts';
import type { Point, Profile } from './profile.ts';

/** One column, checked and encoded. */
export type PointWrite =
  | { readonly kind: 'coil'; readonly point: Point; readonly on: boolean }
  | { readonly kind: 'registers'; readonly point: Point; readonly bytes: Buffer }
  | { readonly kind: 'bits'; readonly point: Point; readonly value: Value; readonly mask: number; readonly or: number };

/** One request. Its members lie side by side, in the order of their addresses; bits: all of one register. */
export interface WriteGroup {
  readonly kind: PointWrite['kind'];
  readonly address: number;
  /** Coils or registers. */
  readonly count: number;
  readonly members: readonly PointWrite[];
}

/** What functions 15 and 16 can carry. @source Modbus application protocol 1.1b3, 6.11 and 6.12 */
const MAX_COILS = 1968;
const MAX_REGISTERS = 123;

/** A group is written at the place of its first column; columns that overlap keep their order and are written alone. */
export function planWrites(writes: readonly PointWrite[], limits: Profile['limits']): WriteGroup[] {
  const placed: { at: number; group: WriteGroup }[] = [];
  const alone = (w: PointWrite) => placed.push({ at: writes.indexOf(w), group: groupOf([w]) });
  for (const kind of ['coil', 'registers'] as const) {
    const max = kind === 'coil' ? Math.min(limits.maxCoils, MAX_COILS) : Math.min(limits.maxRegisters, MAX_REGISTERS);
    let run: PointWrite[] = [];
    const flush = () => {
      if (run.length) placed.push({ at: Math.min(...run.map((w) => writes.indexOf(w))), group: groupOf(run) });
      run = [];
    };
    for (const w of writes.filter((x) => x.kind === kind).sort((a, b) => a.point.address - b.point.address)) {
      if (writes.some((other) => other !== w && overlap(other.point, w.point))) {
        alone(w);
        continue;
      }
      const first = run[0];
      const end = w.point.address + w.point.registers;
      if (first && (endOf(run.at(-1)!) !== w.point.address || end - first.point.address > max)) flush();
      run.push(w);
    }
    flush();
  }
  const fields = new Map<number, PointWrite[]>();
  for (const w of writes) {
    if (w.kind !== 'bits') continue;
    if (writes.some((other) => other.kind === 'registers' && overlap(other.point, w.point))) alone(w);
    else fields.set(w.point.address, [...(fields.get(w.point.address) ?? []), w]);
  }
  for (const members of fields.values()) placed.push({ at: writes.indexOf(members[0]!), group: groupOf(members) });
  return placed.sort((a, b) => a.at - b.at).map((p) => p.group);
}

const endOf = (w: PointWrite): number => w.point.address + w.point.registers;
const overlap = (a: Point, b: Point): boolean =>
  (a.fn === 1) === (b.fn === 1) && a.address < b.address + b.registers && b.address < a.address + a.registers;

function groupOf(members: readonly PointWrite[]): WriteGroup {
  const { kind, point } = members[0]!;
  return { kind, address: point.address, count: kind === 'bits' ? 1 : endOf(members.at(-1)!) - point.address, members };
}

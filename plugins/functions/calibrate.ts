// calibrate(raw, "table"): the real value of a raw one, by a table of points with straight lines between them. Tables are files in
// etc/functions/calibrate/<table>.csv, one point per line (`raw,real`), and are read again when they change. Outside of the table the outermost line goes on.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { defineFunction } from '@kuiper-gateway/plugin';

interface Table {
  stamp: string;
  lookedAtMs: number;
  raw: number[];
  real: number[];
}

/** A file is looked at no more often than this. */
const LOOK_MS = 1_000;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const Calibrate = defineFunction({
  doc: 'The real value of a raw one, by a table in etc/functions/calibrate.',
  args: [
    { name: 'raw', type: 'number' },
    { name: 'table', type: 'string' },
  ],
  create() {
    const tables = new Map<string, Table>();
    const tableOf = (name: string, root: string): Table => {
      const nowMs = Date.now();
      const known = tables.get(name);
      if (known && nowMs - known.lookedAtMs < LOOK_MS && nowMs >= known.lookedAtMs) return known;
      const path = join(root, 'etc/functions/calibrate', `${name}.csv`);
      const { mtimeMs, size } = statSync(path);
      const stamp = `${mtimeMs}:${size}`;
      if (known?.stamp === stamp) {
        known.lookedAtMs = nowMs;
        return known;
      }
      const table = { stamp, lookedAtMs: nowMs, ...parse(readFileSync(path, 'utf8'), name) };
      tables.set(name, table);
      return table;
    };
    return {
      exec([raw, name], ctx) {
        if (raw === null || raw === undefined) return null;
        const x = Number(raw);
        if (!Number.isFinite(x)) throw new Error(`calibrate: ${String(raw)} is not a number`);
        if (typeof name !== 'string' || !NAME.test(name))
          throw new Error(`calibrate: "${String(name)}" is not a name of a table: letters, digits, _ and -`);
        const { raw: xs, real: ys } = tableOf(name, ctx.getRootPath());
        // the segment that holds x; outside, the outermost one
        let low = 0;
        let high = xs.length - 1;
        while (high - low > 1) {
          const mid = (low + high) >> 1;
          if (xs[mid]! <= x) low = mid;
          else high = mid;
        }
        return ys[low]! + ((x - xs[low]!) * (ys[high]! - ys[low]!)) / (xs[high]! - xs[low]!);
      },
    };
  },
});

function parse(text: string, name: string): { raw: number[]; real: number[] } {
  const points: [raw: number, real: number][] = [];
  text.split('\n').forEach((line, i) => {
    const content = line.replace(/#.*$/, '').trim();
    if (content === '') return;
    const [raw, real, ...more] = content.split(/[,;\s]+/).map(Number);
    if (more.length > 0 || !Number.isFinite(raw) || !Number.isFinite(real)) {
      // names of the columns may stand in the first line
      if (i === 0) return;
      throw new Error(`calibrate: table ${name}, line ${i + 1}: expect raw,real but found "${content}"`);
    }
    points.push([raw!, real!]);
  });
  points.sort((a, b) => a[0] - b[0]);
  if (points.length < 2) throw new Error(`calibrate: table ${name} needs two points at least`);
  for (let i = 1; i < points.length; i++)
    if (points[i]![0] === points[i - 1]![0]) throw new Error(`calibrate: table ${name} has the raw value ${points[i]![0]} twice`);
  return { raw: points.map(([x]) => x), real: points.map(([, y]) => y) };
}

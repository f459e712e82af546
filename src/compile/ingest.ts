// Rows of one source into the joint layout of a rule with several: its columns in its range, its metadata, and the mark that it is there.
import { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { Downstream } from '../exec/operator.ts';
import type { DataSourceNode } from '../plan/logical/index.ts';
import type { Frame } from './frame.ts';

/** @param index position of the source among the program's inputs */
export function createIngest(
  source: DataSourceNode,
  index: number,
  slotOf: (input: number, column: string) => number,
  frame: Frame,
  next: Downstream,
): (t: Tuple) => void {
  const convert = createConversion(source, index, slotOf, frame);
  return (t) => next.row(convert(t));
}

export function createConversion(
  source: DataSourceNode,
  index: number,
  slotOf: (input: number, column: string) => number,
  frame: Frame,
): (t: Tuple) => Tuple {
  const columns = [...source.columns, ...(source.all ? ['*'] : [])];
  const from = columns.map((c) => slotOf(index, c));
  const to = columns.map((c) => frame.column(source.input, c));
  const meta = frame.meta(source.input)!;
  const present = frame.present(source.input)!;
  return (t) => {
    const cols: Value[] = new Array(frame.width).fill(undefined);
    for (let i = 0; i < from.length; i++) cols[to[i]!] = t.cols[from[i]!];
    cols[meta] = t.meta as Value;
    cols[present] = true;
    return new Tuple(cols, t.tsMs, t.meta, t.ack, t.win);
  };
}

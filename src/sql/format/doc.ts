// Text that knows where it may be broken into lines (after Wadler's "prettier printer"): a group stands on one line when it fits and holds no
// forced break, else every break of its own level becomes a line. Used by layout.ts; knows nothing of SQL.

export type Doc =
  | string
  | readonly Doc[]
  | { readonly kind: 'line'; readonly flat: string }
  | { readonly kind: 'hard' }
  | { readonly kind: 'nest'; readonly doc: Doc }
  | { readonly kind: 'group'; readonly doc: Doc; readonly forced: boolean };

/** A blank, or a line break where the group does not fit. */
export const line: Doc = { kind: 'line', flat: ' ' };
/** Nothing, or a line break where the group does not fit. */
export const soft: Doc = { kind: 'line', flat: '' };
/** Always a line break; the groups around it are broken too. */
export const hard: Doc = { kind: 'hard' };

export const nest = (doc: Doc): Doc => ({ kind: 'nest', doc });
export const group = (doc: Doc): Doc => ({ kind: 'group', doc, forced: holdsHard(doc) });

const INDENT = 2;

function holdsHard(doc: Doc): boolean {
  if (typeof doc === 'string') return false;
  if (!('kind' in doc)) return doc.some(holdsHard);
  switch (doc.kind) {
    case 'hard':
      return true;
    case 'nest':
      return holdsHard(doc.doc);
    case 'group':
      return doc.forced;
    default:
      return false;
  }
}

interface Piece {
  readonly doc: Doc;
  readonly indent: number;
  readonly broken: boolean;
}

/** @param width columns that a line should not exceed  @returns the text without blanks at the ends of lines */
export function render(doc: Doc, width: number): string {
  const out: string[] = [];
  let column = 0;
  const pending: Piece[] = [{ doc, indent: 0, broken: true }];
  const write = (text: string) => {
    out.push(text);
    const at = text.lastIndexOf('\n');
    column = at < 0 ? column + text.length : text.length - at - 1;
  };
  const newLine = (indent: number) => {
    // blanks at the end of a line are none, and two breaks are one
    while (out.length > 0 && /^[ \t]*$/.test(out.at(-1)!)) out.pop();
    if (out.length > 0) out[out.length - 1] = out.at(-1)!.replace(/[ \t]+$/, '');
    const last = out.at(-1);
    if (last !== undefined && !last.endsWith('\n')) out.push('\n');
    out.push(' '.repeat(indent));
    column = indent;
  };
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    const { doc: d, indent, broken } = piece;
    if (typeof d === 'string') write(d);
    else if (!('kind' in d)) for (let i = d.length - 1; i >= 0; i--) pending.push({ doc: d[i]!, indent, broken });
    else if (d.kind === 'hard') newLine(indent);
    else if (d.kind === 'line') {
      if (broken) newLine(indent);
      else write(d.flat);
    } else if (d.kind === 'nest') pending.push({ doc: d.doc, indent: indent + INDENT, broken });
    else pending.push({ doc: d.doc, indent, broken: d.forced || !fits(d.doc, width - column, pending) });
  }
  return out.join('').replace(/[ \t]+$/, '');
}

/** True when the group, and what follows it up to the next place that may be broken, has room in so many columns. */
function fits(doc: Doc, room: number, after: readonly Piece[]): boolean {
  const pending: { doc: Doc; broken: boolean }[] = [{ doc, broken: false }];
  let rest = after.length;
  let left = room;
  while (left >= 0) {
    let piece = pending.pop();
    if (piece === undefined) {
      if (rest === 0) return true;
      piece = after[--rest]!;
    }
    const { doc: d, broken } = piece;
    if (typeof d === 'string') left -= d.length;
    else if (!('kind' in d)) for (let i = d.length - 1; i >= 0; i--) pending.push({ doc: d[i]!, broken });
    else if (d.kind === 'hard') return true;
    else if (d.kind === 'line') {
      if (broken) return true;
      left -= d.flat.length;
    } else pending.push({ doc: d.doc, broken });
  }
  return false;
}

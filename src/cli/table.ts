// Tables and colours for a terminal. Text of the gateway may hold anything that a message said, so control characters are made visible.
// Used by output.ts and live.ts.

export type Cell = string | number | undefined | { readonly text: string; readonly style: Style };

const STYLES = { bad: 31, good: 32, warn: 33, dim: 2, bold: 1 } as const;
export type Style = keyof typeof STYLES;

/** Makes control characters visible, line breaks aside: a name or a payload must not steer the terminal. */
export function safe(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) => {
    const code = c.codePointAt(0)!;
    return code === 9 ? ' ' : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

export const paint = (style: Style, text: string, color: boolean): string => (color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);

/** Columns that a text takes on a terminal. Wide letters of East Asia and emoji take two. */
export function widthOf(text: string): number {
  let n = 0;
  for (const c of text) {
    if (/\p{Mark}|\u200d|\ufe0f/u.test(c)) continue;
    n += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u.test(c)
      ? 2
      : 1;
  }
  return n;
}

/** Cuts a text to so many columns, with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let out = '';
  for (const c of text) {
    if (widthOf(out + c) > columns - 1) break;
    out += c;
  }
  return `${out}…`;
}

const textOf = (cell: Cell): string => safe(typeof cell === 'object' ? cell.text : String(cell ?? '')).replaceAll('\n', ' ');

/** Columns apart by two blanks, numbers to the right. The last column is cut to the width of the terminal; the others are never wider than half of it. */
export function renderTable(head: readonly string[], rows: readonly (readonly Cell[])[], columns: number, color: boolean): string {
  const last = head.length - 1;
  const most = Math.max(12, Math.floor(columns / 2));
  const widths = head.map((h, i) => Math.min(i === last ? columns : most, Math.max(widthOf(h), ...rows.map((r) => widthOf(textOf(r[i]))))));
  const used = widths.slice(0, last).reduce((n, w) => n + w + 2, 0);
  widths[last] = Math.max(1, Math.min(widths[last]!, columns - used));
  const numeric = head.map((_, i) => rows.length > 0 && rows.every((r) => typeof r[i] === 'number' || r[i] === undefined));
  const line = (cells: readonly Cell[], plain?: Style) =>
    cells
      .map((cell, i) => {
        const text = cut(textOf(cell), widths[i]!);
        const gap = ' '.repeat(widths[i]! - widthOf(text));
        const style = plain ?? (typeof cell === 'object' ? cell.style : undefined);
        const shown = style ? paint(style, text, color) : text;
        return numeric[i] ? gap + shown : i === last ? shown : shown + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(head, 'bold'), ...rows.map((r) => line(r))].join('\n');
}

// The lines that differ between two texts, as `- old` and `+ new` with a few lines around: what `kuiper apply` shows of a change. Used by plan.ts.

/** Longer texts are told by their numbers of lines only: the table of common lines grows with the product. */
const MAX_LINES = 600;
const AROUND = 2;

/** @returns '' when the texts are the same */
export function lineDiff(before: string, after: string): string {
  if (before === after) return '';
  const [a, b] = [linesOf(before), linesOf(after)];
  if (a.length > MAX_LINES || b.length > MAX_LINES) return `  ${a.length} lines before, ${b.length} lines after`;
  const marked = compare(a, b);
  const near = (i: number) => marked.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(([mark]) => mark !== ' ');
  const out: string[] = [];
  let skipped = false;
  marked.forEach(([mark, line], i) => {
    if (mark === ' ' && !near(i)) {
      skipped = true;
      return;
    }
    if (skipped && out.length > 0) out.push('  …');
    skipped = false;
    out.push(`${mark} ${line}`);
  });
  return out.join('\n');
}

const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n');

function compare(a: readonly string[], b: readonly string[]): [mark: ' ' | '-' | '+', line: string][] {
  // length of the longest common part of what follows
  const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      common[i]![j] = a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
  const out: [' ' | '-' | '+', string][] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      out.push([' ', a[i++]!]);
      j++;
    } else if (i < a.length && (j === b.length || common[i + 1]![j]! >= common[i]![j + 1]!)) out.push(['-', a[i++]!]);
    else out.push(['+', b[j++]!]);
  }
  return out;
}

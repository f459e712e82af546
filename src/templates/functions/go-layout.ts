// Go's reference-time layouts (`2006-01-02T15:04:05Z07:00`) → the date patterns of data/datetime-pattern.ts.
import type { DatePattern, FieldCode, PatternField } from '../../data/datetime-pattern.ts';

/** The first that fits is taken, so longer ones stand before their beginnings. */
const parts: readonly (readonly [string, FieldCode])[] = [
  ['January', 'MMMM'],
  ['Jan', 'MMM'],
  ['Monday', 'EEEE'],
  ['Mon', 'EEE'],
  ['MST', 'z'],
  ['2006', 'yyyy'],
  ['Z07:00', 'zoneOrXXX'],
  ['-07:00', 'XXX'],
  ['Z0700', 'zoneOrXX'],
  ['-0700', 'XX'],
  ['Z07', 'zoneOrX'],
  ['-07', 'X'],
  ['01', 'MM'],
  ['02', 'dd'],
  ['03', 'hh'],
  ['04', 'mm'],
  ['05', 'ss'],
  ['06', 'yy'],
  ['15', 'HH'],
  ['PM', 'a'],
  ['_2', '_d'],
  ['1', 'M'],
  ['2', 'd'],
  ['3', 'h'],
  ['4', 'm'],
  ['5', 's'],
];

const MAX_LAYOUT = 200;

export function goLayout(layout: string): DatePattern {
  if (layout.length > MAX_LAYOUT) throw new Error(`the date layout is longer than ${MAX_LAYOUT} characters`);
  const out: (string | PatternField)[] = [];
  for (let i = 0; i < layout.length; ) {
    const fraction = /^([.,])(0+|9+)(?!\d)/.exec(layout.slice(i));
    if (fraction) {
      out.push(fraction[1]!, { code: 'S', digits: fraction[2]!.length, ownDot: false });
      i += fraction[0].length;
      continue;
    }
    const part = parts.find(([text]) => layout.startsWith(text, i));
    if (part) {
      out.push({ code: part[1], digits: 0, ownDot: false });
      i += part[0].length;
      continue;
    }
    const last = out.length - 1;
    if (typeof out[last] === 'string') out[last] += layout[i]!;
    else out.push(layout[i]!);
    i++;
  }
  return out;
}

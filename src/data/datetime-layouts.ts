// The layouts in which a date may be written when no pattern is given, in the order they are tried. Read by datetime-parse.ts.
// Source: eKuiper parses with jinzhu/now, whose list this is, and adds its two ISO layouts; a bare hour (`12`) is left out on purpose
// (list of defects, no. 30). When parsing, one-letter numbers take one or two digits, HH too, and a fraction may follow any second.
import { compileDatePattern, type DatePattern, type PatternField } from './datetime-pattern.ts';

const zone: Record<string, PatternField> = {
  '{Z07}': { code: 'zoneOrX', digits: 0, ownDot: false },
  '{Z0700}': { code: 'zoneOrXX', digits: 0, ownDot: false },
  '{Z07:00}': { code: 'zoneOrXXX', digits: 0, ownDot: false },
  '{_d}': { code: '_d', digits: 0, ownDot: false },
};

/** A pattern in which `{…}` stands for a field that patterns of users cannot name. */
function layout(text: string): DatePattern {
  return text.split(/(\{[^}]*\})/).flatMap((part) => (zone[part] ? [zone[part]] : compileDatePattern(part)));
}

export const dateLayouts: readonly DatePattern[] = [
  'yyyy',
  'yyyy-M',
  'yyyy-M-d',
  'yyyy-M-d HH',
  'yyyy-M-d HH:m',
  'yyyy-M-d HH:m:s',
  'M-d',
  'HH:m:s',
  'HH:m',
  'HH:m:s MMM d, yyyy z',
  'yyyy-MM-dd HH:mm:ss Z z',
  "yyyy-MM-dd'T'HH:mm:ss{Z0700}",
  "yyyy-MM-dd'T'HH:mm:ss{Z07}",
  'yyyy.M.d',
  'yyyy.M.d HH:mm:ss',
  'yyyy.MM.dd',
  'yyyy.MM.dd HH:mm:ss',
  'M/d/yyyy',
  'M/d/yyyy HH:m:s',
  'yyyy/MM/dd',
  'yyyyMMdd',
  'yyyy/MM/dd HH:mm:ss',
  'EEE MMM {_d} HH:mm:ss yyyy',
  'EEE MMM {_d} HH:mm:ss z yyyy',
  'EEE MMM dd HH:mm:ss Z yyyy',
  'dd MMM yy HH:mm z',
  'dd MMM yy HH:mm Z',
  'EEEE, dd-MMM-yy HH:mm:ss z',
  'EEE, dd MMM yyyy HH:mm:ss z',
  'EEE, dd MMM yyyy HH:mm:ss Z',
  "yyyy-MM-dd'T'HH:mm:ss{Z07:00}",
  'h:mma',
  'MMM {_d} HH:mm:ss',
  "yyyy-MM-dd'T'HH:mm:ss",
].map(layout);

// A datetime as Go's time.Time.String() prints it: `2024-01-02 03:04:05.6 +0000 UTC`. Only for %v and error messages; what users
// see in results is written by datetime-format.ts and the JSON codec.
import type { DateTime } from './datetime.ts';
import { civilOf, offsetText } from './datetime-civil.ts';
import { formatDateAndTime } from './datetime-format.ts';
import { zoneAbbreviation } from './datetime-names.ts';

export function formatGoTime(t: DateTime): string {
  const { nano, offsetSec } = civilOf(t);
  const fraction = nano === 0 ? '' : `.${String(nano).padStart(9, '0').replace(/0+$/, '')}`;
  return `${formatDateAndTime(t)}${fraction} ${offsetText(offsetSec, '')} ${zoneAbbreviation(t, offsetSec)}`;
}

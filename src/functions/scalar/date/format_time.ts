// SQL format_time(t, pattern). Letters of patterns: data/datetime-pattern.ts.
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { formatDateTime } from '../../../data/datetime-format.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import { compileDatePattern, type DatePattern } from '../../../data/datetime-pattern.ts';
import { refuseDateLiterals } from './date-part.ts';

export const formatTime = defineScalar({
  name: 'format_time',
  group: 'date',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('t', 'datetime'), param('pattern', 'string')],
  validate: refuseDateLiterals(0),
  returns: 'string',
  doc:
    'Text of t by a pattern of yyyy yy M MM MMM MMMM d dd EEE EEEE HH h hh a m mm s ss S… z Z X XX XXX G; quote letters with apostrophes. ' +
    'A run of S writes its own dot unless one precedes it. A bare number, text or boolean is refused for t: use a column or cast.',
  examples: [
    ['format_time(a, "yyyy-MM-dd HH:mm:ss")', '2024-02-29 13:05:09', { a: '2024-02-29 13:05:09' }],
    ['format_time(a, "HH:mm:ss.SSS")', '13:05:09.250', { a: '2024-02-29 13:05:09.25' }],
    ['format_time(a, "HH:mm:ssSSS")', '13:05:09.250', { a: '2024-02-29 13:05:09.25' }],
    ['format_time(a, "EEE")', null, { a: null }],
    ['format_time(a, "EEE")', { error: 'unsupported type to convert to timestamp true' }, { a: true }],
    ['format_time(a, "yyy")', { error: 'invalid time format yyy for Y/y' }, { a: 0 }],
  ],
  compile: ([t, pattern], site) => {
    // The pattern is nearly always a literal: compile it when it changes only.
    let source: string | undefined;
    let compiled: DatePattern = [];
    return (row) => {
      const value = t!(row);
      const text = pattern!(row);
      const moment = toDateTime(value, site.env);
      const wanted = toTextAlways(text);
      if (wanted !== source) {
        compiled = compileDatePattern(wanted);
        source = wanted;
      }
      return formatDateTime(moment, compiled);
    };
  },
});

// SQL now([fsp]) and its synonyms.
import { defineScalar } from '../../../contract/function.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDateAndTime } from '../../../data/datetime-format.ts';
import { checkFsp, fspCountText, fspOf, fspParam } from './fsp.ts';

export const now = defineScalar({
  name: 'now',
  aliases: ['current_timestamp', 'local_time', 'local_timestamp'],
  group: 'date',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [fspParam],
  countText: fspCountText,
  validate: checkFsp,
  returns: 'string',
  doc: 'Current date and time in the configured zone, as yyyy-MM-dd HH:mm:ss; with fsp, that many digits of the fraction of the second.',
  examples: [
    ['length(now())', 19n],
    ['length(current_timestamp(3))', 23n],
    ['length(local_time(6))', 26n],
  ],
  compile: (_args, site) => {
    const { clock, timeZone } = site.env;
    const digits = fspOf(site);
    return () => formatDateAndTime(DateTime.fromMs(clock.now(), timeZone), digits);
  },
});

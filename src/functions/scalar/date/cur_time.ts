// SQL cur_time([fsp]), current_time([fsp]).
import { defineScalar } from '../../../contract/function.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatTimeOfDay } from '../../../data/datetime-format.ts';
import { checkFsp, fspCountText, fspOf, fspParam } from './fsp.ts';

export const curTime = defineScalar({
  name: 'cur_time',
  aliases: ['current_time'],
  group: 'date',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [fspParam],
  countText: fspCountText,
  validate: checkFsp,
  returns: 'string',
  doc: 'Current time of day in the configured zone, as HH:mm:ss; with fsp, that many digits of the fraction of the second.',
  examples: [
    ['length(cur_time())', 8n],
    ['length(current_time(2))', 11n],
  ],
  compile: (_args, site) => {
    const { clock, timeZone } = site.env;
    const digits = fspOf(site);
    return () => formatTimeOfDay(DateTime.fromMs(clock.now(), timeZone), digits);
  },
});

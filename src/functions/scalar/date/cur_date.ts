// SQL cur_date(), current_date().
import { defineScalar } from '../../../contract/function.ts';
import { DateTime } from '../../../data/datetime.ts';
import { formatDate } from '../../../data/datetime-format.ts';

export const curDate = defineScalar({
  name: 'cur_date',
  aliases: ['current_date'],
  group: 'date',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [],
  returns: 'string',
  doc: "Current date in the machine's own zone (not the configured one), as yyyy-MM-dd.",
  examples: [
    ['length(cur_date())', 10n],
    ['length(current_date())', 10n],
  ],
  compile: (_args, site) => {
    const { clock } = site.env;
    const zone = Temporal.Now.timeZoneId();
    return () => formatDate(DateTime.fromMs(clock.now(), zone));
  },
});

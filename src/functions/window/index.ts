// The window functions, one export line each. Read by functions/catalogue.ts.
export { dedupTrigger } from './dedup_trigger.ts';
export { eventTime } from './event_time.ts';
export { lead } from './lead.ts';
export { rowNumber } from './row_number.ts';
export { windowEnd } from './window_end.ts';
export { windowStart } from './window_start.ts';
export { windowTrigger } from './window_trigger.ts';

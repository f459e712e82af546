// The other functions, one export line each. Read by functions/catalogue.ts.
export { bypass } from './bypass.ts';
export { coalesce } from './coalesce.ts';
export { delay } from './delay.ts';
export { getKeyedState } from './get_keyed_state.ts';
export { greatest } from './greatest.ts';
export { ifFunction } from './if.ts';
export { isnull } from './isnull.ts';
export { least } from './least.ts';
export { newuuid } from './newuuid.ts';
export { nullif } from './nullif.ts';
export { props } from './props.ts';
export { ruleId } from './rule_id.ts';
export { ruleStart } from './rule_start.ts';
export { tstamp } from './tstamp.ts';

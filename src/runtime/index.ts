// The runtime: runs rules. `createRuntime` is called by the daemon, the service creates rules through it.
// Next: api.ts (what it offers), rule/rule.ts (life of a rule), source/source-node.ts (data in), sink/sink-node.ts (data out).
export type * from './api.ts';
export { stateTexts } from './api.ts';
export type * from './definition.ts';
export { type DatetimeRange, defaultRuleOptions, parseRuleOptions, type RuleOptions } from './options.ts';

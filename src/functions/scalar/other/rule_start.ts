// SQL rule_start().
import { defineScalar } from '../../../contract/function.ts';

export const ruleStart = defineScalar({
  name: 'rule_start',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [],
  returns: 'bigint',
  doc: 'When the rule was started last, milliseconds since 1970.',
  examples: [
    ['rule_start() <= tstamp()', true],
    ['rule_start(1)', { error: 'Expect 0 arguments but found 1' }],
  ],
  // rules are compiled when they start
  compile: (_args, { env }) => {
    const startedAtMs = BigInt(Math.trunc(env.ruleStartAtMs ?? env.clock.now()));
    return () => startedAtMs;
  },
});

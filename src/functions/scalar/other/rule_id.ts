// SQL rule_id().
import { defineScalar } from '../../../contract/function.ts';

export const ruleId = defineScalar({
  name: 'rule_id',
  group: 'other',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [],
  returns: 'string',
  doc: 'Id of the rule.',
  examples: [
    ['length(rule_id()) > 0', true],
    ['rule_id(1)', { error: 'Expect 0 arguments but found 1' }],
  ],
  compile:
    (_args, { env }) =>
    () =>
      env.ruleId,
});

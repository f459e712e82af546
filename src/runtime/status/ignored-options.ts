// What a rule asks for and does not get, in words: eKuiper's options are all taken, and none is left out silently. Logged when a rule is made
// or replaced (rule.ts) and shown by status/health.ts.
import type { RuleDefinition } from '../definition.ts';
import { sinkName } from '../sink/names.ts';

/** @returns sentences; [] for nearly all rules */
export function ignoredOptions({ options, actions }: Pick<RuleDefinition, 'options' | 'actions'>): string[] {
  const notes: string[] = [];
  if (options.concurrency > 1)
    notes.push(
      `Option concurrency ${options.concurrency} is taken as 1: the rows of a rule are evaluated one by one, so that they keep their order.`,
    );
  for (const { type, index, props } of actions)
    for (const [name, value] of Object.entries(props))
      if (name.toLowerCase() === 'concurrency' && Number(value) > 1)
        notes.push(
          `Property concurrency ${Number(value)} of sink ${sinkName({ type, index })} is taken as 1: its rows keep their order, with several on their way at a time.`,
        );
  if (options.sqlKept)
    notes.push(
      'The rule was stored by version 0.1.0 and keeps the answers of eKuiper (sqlCompatibility ekuiper). Store it again to get standard SQL; ' +
        'docs/sql-differences.md says where the answers differ.',
    );
  return notes;
}

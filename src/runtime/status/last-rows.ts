// The last row of every source of a running rule, for those who ask which columns there are. Nothing is kept for it.
import type { Row } from '../../data/value.ts';
import type { RuleStatusView } from './view.ts';

export function* lastRows(rules: Iterable<RuleStatusView>): Iterable<{ stream: string; row: Row }> {
  for (const rule of rules) {
    if (rule.state !== 'running') continue;
    for (const source of rule.run?.sources ?? []) {
      const row = source.inside().lastRow;
      if (row !== undefined) yield { stream: source.name, row };
    }
  }
}

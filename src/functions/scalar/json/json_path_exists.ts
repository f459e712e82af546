// SQL json_path_exists(value, path).
import { isBudgetError } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { checkPathLiteral, compilePathQuery } from './path-argument.ts';

export const jsonPathExists = defineScalar({
  name: 'json_path_exists',
  group: 'json',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any'), param('path', 'string')],
  validate: checkPathLiteral,
  returns: 'boolean',
  doc: 'True when a JSON path selects something: not null and no empty array. False when the path or the value is wrong.',
  examples: [
    ['json_path_exists(a, "$.x")', true, { a: { x: 1 } }],
    ['json_path_exists(a, "$.y")', false, { a: { x: 1 } }],
    ['json_path_exists(a, "$.x")', false, { a: null }],
    ['json_path_exists(a, 1)', { error: 'Expect string type for parameter 2' }, { a: null }],
  ],
  compile: ([value, path], site) => {
    const query = compilePathQuery(value!, path!, site.standard);
    return (row) => {
      try {
        const result = query(row);
        return Array.isArray(result) ? result.length > 0 : result != null;
      } catch (error) {
        if (isBudgetError(error)) throw error;
        // documented: whatever keeps the path from being evaluated means that nothing exists there
        return false;
      }
    };
  },
});

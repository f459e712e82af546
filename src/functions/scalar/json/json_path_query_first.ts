// SQL json_path_query_first(value, path).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { checkPathLiteral, compilePathQuery } from './path-argument.ts';

export const jsonPathQueryFirst = defineScalar({
  name: 'json_path_query_first',
  group: 'json',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any'), param('path', 'string')],
  validate: checkPathLiteral,
  returns: 'unknown',
  doc: 'The first element of what a JSON path selects. An error when the path selects no array, or an empty one.',
  examples: [
    ['json_path_query_first(a, "$.x[*].y")', 1, { a: { x: [{ y: 1 }, { y: 2 }] } }],
    ['json_path_query_first(a, "$.x")', { error: 'query result (5) is not an array' }, { a: { x: 5 } }],
    ['json_path_query_first(a, "$.x[*]")', { error: 'query result is empty' }, { a: { x: [] } }],
    ['json_path_query_first(a, "$.x")', { error: 'invalid data nil for jsonpath' }, { a: null }],
  ],
  compile: ([value, path], site) => {
    const query = compilePathQuery(value!, path!, site.standard);
    return (row) => {
      const result = query(row);
      if (!Array.isArray(result)) throw rowError(`query result (${brief(result)}) is not an array`);
      if (result.length === 0) throw rowError('query result is empty: the path matches nothing');
      return result[0];
    };
  },
});

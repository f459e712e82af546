// SQL json_path_query(value, path).
import { defineScalar, param } from '../../../contract/function.ts';
import { checkPathLiteral, compilePathQuery } from './path-argument.ts';

export const jsonPathQuery = defineScalar({
  name: 'json_path_query',
  group: 'json',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any'), param('path', 'string')],
  validate: checkPathLiteral,
  returns: 'unknown',
  doc: 'What a JSON path selects in an object, an array or a JSON text: $.a.b, [0], [*], [1:3], .., [?(@.x > 1)]. Paths that can select several values give an array. A missing key is an error.',
  examples: [
    ['json_path_query(a, "$.x[*].y")', [1, 2], { a: { x: [{ y: 1 }, { y: 2 }] } }],
    ['json_path_query(a, "$.x[?(@.y > 1)].y")', [2], { a: '{"x":[{"y":1},{"y":2}]}' }],
    ['json_path_query(a, "$.nope")', { error: 'unknown key nope' }, { a: { x: 1 } }],
    ['json_path_query(a, "$.x")', { error: 'invalid data nil for jsonpath' }, { a: null }],
  ],
  compile: ([value, path], site) => compilePathQuery(value!, path!, site.standard),
});

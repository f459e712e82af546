import { describe, expect, it } from 'vitest';
import * as table from '../../../src/functions/table/index.ts';
import { runRule } from '../../helpers/program.ts';

describe('set-returning functions', () => {
  it('unnest makes a row of each element', () => {
    expect(runRule('SELECT unnest(a) AS u, b FROM demo', [{ a: [1, { x: 2 }, null], b: 3 }])).toEqual([
      [{ u: 1, b: 3 }],
      [{ x: 2, b: 3 }],
      [{ u: null, b: 3 }],
    ]);
  });

  it('what is not a list is an error of the row', () => {
    const errors = runRule('SELECT unnest(a) FROM demo', [{ a: [] }, { a: null }, {}, { a: 'str' }, { a: { k: 1 } }]);
    const none = { $error: "can't find the result from the unnest function" };
    const wrong = { $error: 'the argument for the unnest function should be array' };
    expect(errors).toEqual([none, none, none, wrong, wrong]);
  });

  it('extract spreads an object', () => {
    expect(table.extract.rows({ k: 'v' })).toEqual([{ k: 'v' }]);
    expect(table.extract.rows({})).toBeNull();
    expect(() => table.extract.rows([1])).toThrow('extract should use map');
    expect(runRule('SELECT extract(a), b FROM demo', [{ a: { k: 'v' }, b: 1 }])).toEqual([[{ k: 'v', b: 1 }]]);
  });
});

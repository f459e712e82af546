// SQL deadband(v, width).
import { defineAnalytic, param } from '../../contract/function.ts';
import { numberOf } from './step.ts';

export const deadband = defineAnalytic<number | null>({
  name: 'deadband',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any'), param('width', 'any')],
  returns: 'boolean',
  afterWhere: true,
  doc: 'True when v differs from the last value that passed by at least width, and for the first one: WHERE deadband(v, 0.5) sends what has moved since it was last sent. What counts as passed is the row that the WHERE of the rule let through. Null for null.',
  examples: [
    ['deadband(a, 0.5)', true, { a: 5 }],
    ['deadband(a, 0.5)', null, { a: null }],
    ['deadband(a, 0.5)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: () => null,
  next(box, args, valid) {
    const v = numberOf('deadband', args[0]);
    const width = numberOf('deadband', args[1]);
    if (v === undefined || width === undefined) return null;
    const moved = box.state === null || Math.abs(Number(v) - box.state) >= Number(width);
    if (moved && valid) box.state = Number(v);
    return moved;
  },
});

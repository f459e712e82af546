// The text that an operator puts before the error of a row: `run Where error: divided by zero`.
import { isBudgetError } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';

export const operatorError = (prefix: string, error: unknown) =>
  rowError(`${prefix}${messageOf(error)}`, isBudgetError(error) ? error.code : undefined);

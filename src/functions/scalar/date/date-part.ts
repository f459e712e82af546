// The shape that day, hour, month_name … share: one date in, one of its calendar fields out. Not a function itself. No null rule: a null
// argument is an error of the row, as in eKuiper.
import { type ArgFact, defineScalar, type Example, param, type ScalarDefinition } from '../../../contract/function.ts';
import { type Civil, civilOf } from '../../../data/datetime-civil.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import type { StaticType, Value } from '../../../data/value.ts';
import { expectType, isConditionFact, isNumberFact, isTextFact } from '../../literal-kinds.ts';

interface DatePart {
  name: string;
  aliases?: readonly string[];
  returns: StaticType;
  doc: string;
  examples: readonly Example[];
  /** Reads the field from the date's fields in its own zone. */
  part(c: Civil): Value;
}

/** @source eKuiper funcs_datetime.go; a bare literal is refused at plan time (`Expect datetime type for parameter 1`) */
export const defineDatePart = ({ part, ...about }: DatePart): ScalarDefinition =>
  defineScalar({
    ...about,
    group: 'date',
    since: '0.1.0',
    pure: true,
    nulls: 'pass',
    params: [param('t', 'datetime')],
    validate: refuseDateLiterals(0),
    compile: ([t], site) => {
      const { env } = site;
      return (row) => part(civilOf(toDateTime(t!(row), env)));
    },
  });

/** Examples of the error cases, the same for all of them. */
export const datePartErrors = (name: string): Example[] => [
  [`${name}(a)`, { error: 'unsupported type to convert to timestamp <nil>' }, { a: null }],
  [`${name}(a)`, { error: "Can't parse string as time: not a date" }, { a: 'not a date' }],
];

/** Dates come from columns, casts and functions; eKuiper refuses a bare literal.
 *  @param places indexes of the date parameters */
export const refuseDateLiterals =
  (...places: number[]) =>
  (args: readonly ArgFact[]): void => {
    for (const i of places)
      if (isNumberFact(args[i]) || isTextFact(args[i]) || isConditionFact(args[i])) throw expectType('datetime', i + 1);
  };

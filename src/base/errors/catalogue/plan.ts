// Error codes of the area: plan. `text` is eKuiper's own wording where it is recorded; the place in the statement and a hint follow
// after a line break.
import type { CatalogueEntry } from './index.ts';

export const planErrors = {
  PLAN_UNKNOWN_SOURCE: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Create the stream or table first, or correct its name in FROM or JOIN. SHOW STREAMS and SHOW TABLES list what there is.',
  },
  PLAN_DUPLICATE_SOURCE: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Give each use of the stream its own name with AS, e.g. FROM demo AS a INNER JOIN demo AS b ON a.id = b.id.',
  },
  PLAN_TEMP_SOURCE: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Create the stream without TEMP, or the rule with "temp": true.',
  },
  PLAN_UNKNOWN_COLUMN: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'All streams of the rule declare their fields, and none declares this one. Correct the name or extend the stream.',
  },
  PLAN_AMBIGUOUS_COLUMN: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'More than one stream of the join has the field. Write stream.field.',
  },
  PLAN_UNKNOWN_FUNCTION: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'Correct the name of the function, or install the plugin that brings it.',
  },
  PLAN_BAD_ARGUMENT: {
    text: '{text}',
    ekuiperCode: 2001,
    cure: 'The function takes other arguments; docs/functions describes each with examples.',
  },
  PLAN_DUPLICATE_FIELD: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Two fields of the SELECT have one name in the output. Rename one with AS.',
  },
  PLAN_ALIAS_CYCLE: {
    text: 'select fields have cycled alias',
    ekuiperCode: 2101,
    cure: 'Two aliases are defined by each other. Rename one of them, or write the expression instead of the alias.',
  },
  PLAN_AGGREGATE_PLACE: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'Aggregates belong in the select list, HAVING, ORDER BY or WHERE, and cannot be nested.',
  },
  PLAN_ORDER: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'The function is an argument or condition of something that is computed before it. Compute it in one rule and use it in a second.',
  },
  PLAN_HAVING: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'HAVING compares aggregates of the window, e.g. HAVING count(*) > 1. Put conditions on single rows into WHERE.',
  },
  PLAN_GROUP_WITHOUT_WINDOW: {
    text: 'select stmt group by should be used with window',
    ekuiperCode: 2101,
    cure: 'Add a window to GROUP BY, e.g. TUMBLINGWINDOW(ss, 10): a stream never ends, so a group needs one to be complete.',
  },
  PLAN_JOIN_WITHOUT_WINDOW: {
    text: 'a time window or count window is required to join multiple streams',
    ekuiperCode: 2101,
    cure: 'Add a window to GROUP BY, or join a table instead of a stream.',
  },
  PLAN_WINDOW: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'The kind of window does not fit the rule. The text says why; count windows, for example, do not know event time.',
  },
  PLAN_TIMER: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'A function of time (silent_for, held_for, latch, repeat_while) stands where it cannot work. The text says why.',
  },
  PLAN_LOOKUP_JOIN: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'A lookup table is joined by INNER or LEFT JOIN … ON table.key = expression [AND …].',
  },
  PLAN_EVENT_TIME: {
    text: 'preprocessor is set to be event time but stream option TIMESTAMP not found',
    ekuiperCode: 2101,
    cure: 'The rule option isEventTime needs TIMESTAMP="field" in the WITH clause of every stream of the rule.',
  },
  PLAN_OPTION: {
    text: '{text}',
    ekuiperCode: 2101,
    cure: 'The option of the rule cannot be combined with its SQL.',
  },
  PLAN_BROKEN: {
    text: 'the plan is broken after {rule}: {text}',
    ekuiperCode: 2101,
    cure: 'A fault of the planner. Switch the named rewrite rule off with planOptimizeStrategy.optimizeControl.disableOptimizeRules and report it.',
  },
} as const satisfies Record<string, CatalogueEntry>;

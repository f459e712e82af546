// Every error code of the gateway, once. One file per area; `docs/errors.md` is generated from it and a test compares them.
import { commonErrors } from './common.ts';
import { configErrors } from './config.ts';
import { connectorErrors } from './connector.ts';
import { fleetErrors } from './fleet.ts';
import { loggedEvents } from './logged.ts';
import { planErrors } from './plan.ts';
import { pluginErrors } from './plugin.ts';
import { runtimeErrors } from './runtime.ts';
import { serviceErrors } from './service.ts';
import { sqlErrors } from './sql.ts';
import { updateErrors } from './update.ts';

/** One catalogue entry.
 *  `text`: message with `{param}` places. `ekuiperCode`: number in REST error bodies (1000 undefined, 1002 not found, 2001 SQL
 *  parser, 2101 plan, 2201 executor, 3000 stream/table, 4000 rule, 5000 conf key). `httpStatus`: REST status (default 400).
 *  `cure`: what the user can do; shown in docs/errors.md. */
export interface CatalogueEntry {
  text: string;
  ekuiperCode: number;
  httpStatus?: number;
  retriable?: boolean;
  cure: string;
}

export const catalogue = {
  ...commonErrors,
  ...configErrors,
  ...connectorErrors,
  ...fleetErrors,
  ...loggedEvents,
  ...planErrors,
  ...pluginErrors,
  ...runtimeErrors,
  ...serviceErrors,
  ...sqlErrors,
  ...updateErrors,
} satisfies Record<string, CatalogueEntry> as Record<ErrorCode, CatalogueEntry>;

export type ErrorCode =
  | keyof typeof commonErrors
  | keyof typeof configErrors
  | keyof typeof connectorErrors
  | keyof typeof fleetErrors
  | keyof typeof planErrors
  | keyof typeof pluginErrors
  | keyof typeof runtimeErrors
  | keyof typeof serviceErrors
  | keyof typeof sqlErrors
  | keyof typeof updateErrors;

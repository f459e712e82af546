// What sink and lookup share: the historian of the box, and moments as rows carry them.
import { rowError } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Historian } from '../../contract/history.ts';
import { isDateTime, type Value } from '../../data/value.ts';

/** @throws Error where there is none (trial rules of tests) */
export function theHistorian(ctx: ConnectorContext): Historian {
  if (!ctx.historian) throw new Error('this gateway has no historian');
  return ctx.historian;
}

/** @param what begins the message  @returns epoch ms  @throws rowError for what is neither a number of ms nor a datetime */
export function momentMs(value: Value, what: string): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'number' && Number.isFinite(value)) return Math.floor(value);
  if (isDateTime(value)) return Number(value.epochNs / 1_000_000n);
  throw rowError(
    `${what}: ${value === undefined ? 'absent' : shownValue(value)} is neither a number of ms since 1970 nor a datetime`,
    'VALUE_REFUSED',
  );
}

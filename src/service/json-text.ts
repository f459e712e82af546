// Edits JSON that a user posted without harming what is not edited: key order stays, and integers beyond 2^53 stay as written.
import { rawNumber } from '../base/raw-json.ts';

/** @param edit changes members of the top object in place  @returns the new text */
export function editJsonText(text: string, edit: (object: Record<string, unknown>) => void): string {
  const reviver = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && JSON.stringify(value) !== context.source
      ? rawNumber(context.source)
      : value;
  const object = JSON.parse(text, reviver as (key: string, value: unknown) => unknown) as Record<string, unknown>;
  edit(object);
  return JSON.stringify(object);
}

/** JSON numbers that no float64 holds become bigint, so that properties keep their digits. */
export function parseKeepingIntegers(text: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context!.source!) : value;
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
}

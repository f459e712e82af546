// A value as error texts quote it: JSON, with integers of any size, and never an error of its own.
import { bigintAsNumber } from './raw-json.ts';

/** @returns e.g. `"abc"`, `5`, `12345678901234567890`, `undefined` */
export function shownValue(value: unknown): string {
  return JSON.stringify(value, bigintAsNumber) ?? String(value);
}

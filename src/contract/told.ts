// What a caller wrote and does not get: gathered as sentences while a definition is checked, and given back with the answer; refused when the
// caller, or basic.strictOptions, wants it so. Filled by untaken.ts and by the checks of src/service and src/runtime; shown by src/rest.
import { GatewayError } from '../base/errors/gateway-error.ts';
import { didYouMean } from '../sql/suggest.ts';

export interface Told {
  /** Whatever is told refuses the call. */
  readonly strict: boolean;
  readonly warnings: string[];
}

export const newTold = (strict = false): Told => ({ strict, warnings: [] });

/** Called when all is checked and nothing is stored yet. @throws GatewayError OPTION_IGNORED for a strict caller */
export function settle(told: Told | undefined): void {
  if (told?.strict && told.warnings.length > 0) throw new GatewayError('OPTION_IGNORED', { text: told.warnings.join('\n') });
}

/** One name that nobody takes. @param place e.g. `Property "qoss" of sink mqtt_0` */
export function notKnown(place: string, name: string, known: Iterable<string>): string {
  const near = didYouMean(name, known);
  return `${place} is not known and has no effect${near ? `; ${near}` : '.'}`;
}

/** @param place words before the name, e.g. `Option`  @param names of the members of an object that a user wrote */
export function unknownNames(place: (name: string) => string, names: Iterable<string>, known: readonly string[]): string[] {
  const low = new Set(known.map((k) => k.toLowerCase()));
  return [...names].filter((n) => !low.has(n.toLowerCase())).map((n) => notKnown(place(n), n, known));
}

/** Go matches names of JSON members whatever their case, and so do clients made for it. A member spelt exactly wins over one in another case.
 *  @returns the object with known names in their own spelling; unknown ones stay as they are */
export function spelt<T extends Readonly<Record<string, unknown>>>(object: T, known: readonly string[]): Record<string, unknown> {
  let changed: Record<string, unknown> | undefined;
  for (const name of Object.keys(object)) {
    if (known.includes(name)) continue;
    const right = known.find((k) => k.toLowerCase() === name.toLowerCase());
    if (right === undefined) continue;
    changed ??= { ...object };
    if (!Object.hasOwn(object, right)) changed[right] = changed[name];
    delete changed[name];
  }
  return changed ?? (object as Record<string, unknown>);
}

// A value as error texts quote it: JSON, with integers of any size, and never an error of its own.

/** @returns e.g. `"abc"`, `5`, `12345678901234567890`, `undefined` */
export function shownValue(value: unknown): string {
  const raw = (v: bigint): unknown => (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(v.toString());
  return JSON.stringify(value, (_key, v: unknown) => (typeof v === 'bigint' ? raw(v) : v)) ?? String(value);
}

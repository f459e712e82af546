// JSON numbers that no float64 holds, as text. JSON.rawJSON is newer than the types of the library.

interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): boolean;
}

/** @param text of a number; stringify writes it as it is */
export const rawNumber = (text: string): unknown => (JSON as unknown as RawJson).rawJSON(text);

export const isRawNumber = (value: unknown): boolean => (JSON as unknown as RawJson).isRawJSON(value);

/** Replacer for stringify: int64 values are bigint here and numbers in JSON, also beyond 2^53. */
export const bigintAsNumber = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? rawNumber(value.toString()) : value);

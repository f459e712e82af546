// Fields of a decoded row that cannot be read as declared. Who reads such a field gets the error; who does not is not harmed (runtime/source/
// decode-group.ts). The field itself throws when it is read, so the common path asks nothing; the list is looked at only then.
import type { Row } from './value.ts';

const BAD = Symbol('bad fields');

/** By column. */
export type BadFields = ReadonlyMap<string, { error: unknown; whole: boolean }>;

/** @param whole false: only a member of the column is bad, and throws by itself */
export function markBad(row: Row, column: string, error: unknown, whole: boolean): void {
  const marked = row as Row & { [BAD]?: Map<string, { error: unknown; whole: boolean }> };
  if (marked[BAD] === undefined) Object.defineProperty(row, BAD, { value: new Map(), enumerable: false });
  if (!marked[BAD]!.has(column)) marked[BAD]!.set(column, { error, whole });
  if (whole) throwWhenRead(row, column, error);
}

export const badFieldsOf = (row: Row): BadFields | undefined => (row as Row & { [BAD]?: BadFields })[BAD];

/** The row for who reads all of it. @throws the error of its first bad field */
export function wholeRow(row: Row): Row {
  const bad = badFieldsOf(row);
  if (bad !== undefined) for (const { error } of bad.values()) throw error;
  return row;
}

/** A copy without the bad columns. */
export function withoutBad(row: Row, bad: BadFields): Row {
  const out: Row = {};
  for (const key of Object.keys(row))
    if (bad.get(key)?.whole !== true) Object.defineProperty(out, key, Object.getOwnPropertyDescriptor(row, key)!);
  return out;
}

export function throwWhenRead(object: object, key: string | number, error: unknown): void {
  Object.defineProperty(object, key, {
    get: () => {
      throw error;
    },
    enumerable: true,
    configurable: true,
  });
}

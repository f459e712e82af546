// Numbers as instruments write them: the sign may stand apart, the decimals behind a comma. Used by named-groups.ts and struct.ts.

/** @returns whole numbers as bigint when they fit, others as number; undefined for a text that is none */
export function numberOf(text: string): bigint | number | undefined {
  // the sign before blanks; one comma is a decimal comma, as no instrument groups thousands
  const m = /^\s*([+-]?)\s*(\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE]([+-]?\d{1,3}))?\s*$/.exec(text);
  if (!m) return undefined;
  const [, sign, digits, exponent] = m;
  const plain = `${sign}${digits!.replace(',', '.')}`;
  if (exponent === undefined && /^\d{1,18}$/.test(digits!)) return BigInt(plain.replace('+', ''));
  return Number(exponent === undefined ? plain : `${plain}e${exponent}`);
}

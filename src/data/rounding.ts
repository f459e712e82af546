// Rounding half away from zero, as Go's math.Round and eKuiper's round(). Called by round and trunc.
import { rowError } from '../base/errors/gateway-error.ts';

/** Floats from here on are whole numbers. */
const ALL_WHOLE_FROM = 2 ** 53;

/** Half away from zero. `x - trunc(x)` is exact, so no value is nudged over the half. */
export function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}

/** @param precision decimals to keep; negative: powers of ten to round to */
export function roundTo(x: number, precision: number): number {
  const factor = Number(`1e${precision}`);
  const scaled = x * factor;
  if (Number.isFinite(scaled) && Number.isFinite(factor)) return roundHalfAway(scaled) / factor;
  // so many decimals that the scaled value leaves the range of floats
  return Math.abs(x) >= ALL_WHOLE_FROM || !Number.isFinite(x) ? x : roundExactly(x, precision);
}

/** Decimals beyond this are zeros in every float (the smallest is 2^-1074). */
const MAX_DECIMALS = 1074;

function roundExactly(x: number, decimals: number): number {
  if (decimals >= MAX_DECIMALS || x === 0) return x;
  const { mantissa, exponent } = exactBinary(Math.abs(x));
  const scaled = mantissa * 10n ** BigInt(decimals);
  const shift = BigInt(-exponent);
  const digits = exponent >= 0 ? scaled << BigInt(exponent) : (scaled + (1n << (shift - 1n))) >> shift;
  return Math.sign(x) * Number(`${digits}e-${decimals}`);
}

/** x = mantissa × 2^exponent, exactly. */
function exactBinary(x: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

/** An int64 has 19 digits. */
const MAX_DIGITS = 19;

/** Half away from zero, exactly. @param precision negative: powers of ten to round to  @throws rowError when the result is no int64 */
export function roundInt(x: bigint, precision: number): bigint {
  if (precision >= 0) return x;
  if (-precision > MAX_DIGITS) return 0n;
  const unit = 10n ** BigInt(-precision);
  const size = x < 0n ? -x : x;
  const rounded = ((size + unit / 2n) / unit) * unit;
  const result = x < 0n ? -rounded : rounded;
  if (BigInt.asIntN(64, result) !== result) throw rowError(`bigint out of range: round(${x}, ${precision})`);
  return result;
}

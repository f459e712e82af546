// Spans of time as Go writes them (`1h30m`, `-1.5s`, `100ms`), exact to the nanosecond and with Go's error texts. Used by date_calc;
// options of connectors and rules are read by base/duration.ts, which also takes plain milliseconds.
import { rowError } from '../base/errors/gateway-error.ts';

const UNIT_NS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n, // U+00B5
  μs: 1_000n, // U+03BC
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

/** @returns nanoseconds
 *  @throws rowError `time: invalid duration "x"`, `time: unknown unit "d" in duration "1d"`, `time: missing unit in duration "5"` */
export function parseGoDuration(text: string): bigint {
  const invalid = () => rowError(`time: invalid duration ${JSON.stringify(text)}`);
  const negative = text.startsWith('-');
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  if (rest === '') throw invalid();
  let totalNs = 0n;
  while (rest !== '') {
    const number = /^(?:(\d+)(?:\.(\d*))?|\.(\d+))/.exec(rest);
    if (!number) throw invalid();
    rest = rest.slice(number[0].length);
    const unit = /^[^\d.]*/.exec(rest)![0];
    if (unit === '') throw rowError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const unitNs = Object.hasOwn(UNIT_NS, unit) ? UNIT_NS[unit] : undefined;
    if (unitNs === undefined) throw rowError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    rest = rest.slice(unit.length);
    const fraction = number[2] ?? number[3] ?? '';
    totalNs += BigInt(number[1] ?? '0') * unitNs;
    if (fraction !== '') totalNs += (BigInt(fraction) * unitNs) / 10n ** BigInt(fraction.length);
    if (totalNs > MAX_NS) throw invalid();
  }
  return negative ? -totalNs : totalNs;
}

/** Go keeps durations in an int64: about 292 years. */
const MAX_NS = 0x7fff_ffff_ffff_ffffn;

// Spans of time as eKuiper writes them. Used by configuration and by connector options (contract/props.ts re-exports it).

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** 100 years: beyond that a number is a mistake, and sums of times lose their milliseconds. */
const MAX_MS = 100 * 365.25 * 86_400_000;

/** @param value Go duration text (`1m30s`, `300ms`), or a number (or its text) of milliseconds
 *  @returns milliseconds, negative and fractional ones included
 *  @throws Error that names the text and shows the right form */
export function parseDurationMs(value: unknown): number {
  const ms = millisecondsOf(value);
  if (!(Math.abs(ms) <= MAX_MS)) throw new Error(`${typeof value === 'string' ? `"${value}"` : value} is longer than 100 years`);
  return ms;
}

function millisecondsOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string')
    throw new Error(`${JSON.stringify(value)} is not a duration; write a text such as "300ms" or "1m30s", or a number of milliseconds`);
  const text = value.trim();
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return Number(text);
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '');
  if (!/^(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body))
    throw new Error(
      `"${value}" is not a duration; write a text such as "300ms" or "1m30s" (units ns us ms s m h), or a number of milliseconds`,
    );
  let ms = 0;
  for (const [, n, u] of body.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) ms += Number(n) * UNIT_MS[u!]!;
  return sign * ms;
}

// A float as Go's strconv.FormatFloat(v, 'g', -1, 64) prints it: exponents below 1e-4 and from 1e21.

/** @returns shortest text that reads back as the same number */
export function formatFloat(v: number): string {
  if (!Number.isFinite(v)) return Number.isNaN(v) ? 'NaN' : v > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(v);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) {
    const [mantissa, exponent] = v.toExponential().split('e') as [string, string];
    const digits = exponent.slice(1).padStart(2, '0');
    return `${mantissa}e${exponent[0]}${digits}`;
  }
  return String(v);
}

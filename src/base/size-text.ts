// A number of bytes in words. Used by texts of budgets and limits.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `400 MB`, `1.5 MB`, `12 bytes`; 1 kB = 1024 bytes. */
export function sizeText(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'without end';
  let n = Math.abs(bytes);
  let unit = 0;
  while (n >= 1023.5 && unit < UNITS.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${n < 10 && unit > 0 ? Number(n.toFixed(1)) : Math.round(n)} ${UNITS[unit]}`;
}

// Sizes as people write them. Used by configuration and by properties of sinks.

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1000,
  mb: 1000 ** 2,
  gb: 1000 ** 3,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
};

/** @param value number of bytes, or a text such as `64MB`, `1.5GiB`
 *  @returns whole bytes, 0 or more  @throws Error that shows the right form */
export function parseBytes(value: unknown): number {
  const m =
    typeof value === 'number'
      ? [String(value), String(value), '']
      : typeof value === 'string'
        ? /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim())
        : null;
  const unit = m ? UNITS[m[2]!.toLowerCase()] : undefined;
  const bytes = unit === undefined ? Number.NaN : Math.floor(Number(m![1]) * unit);
  if (!Number.isSafeInteger(bytes) || bytes < 0)
    throw new Error(
      `${JSON.stringify(value)} is not a size; write a number of bytes or a text such as "64MB" or "1GiB" (units B KB MB GB KiB MiB GiB)`,
    );
  return bytes;
}

/** For messages: `12.3 MB`. */
export function shownBytes(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const)
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  return `${bytes} B`;
}

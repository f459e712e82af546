// Order of versions of the image (VERSIONING.md): numbers by value, a version with a suffix after - is before the one without. Used by updater.ts.

/** @returns below 0 when a is older than b, 0 when they are the same. Text that is no version is compared as text */
export function compareVersions(a: string, b: string): number {
  const [one, two] = [parse(a), parse(b)];
  if (!one || !two) return a < b ? -1 : a > b ? 1 : 0;
  for (let at = 0; at < 3; at++) if (one.numbers[at] !== two.numbers[at]) return one.numbers[at]! - two.numbers[at]!;
  if (one.suffix === two.suffix) return 0;
  if (one.suffix === '') return 1;
  if (two.suffix === '') return -1;
  return compareSuffix(one.suffix, two.suffix);
}

function parse(text: string) {
  const [, major, minor, patch, suffix = ''] = /^v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text) ?? [];
  return major === undefined ? undefined : { numbers: [Number(major), Number(minor), Number(patch)], suffix };
}

function compareSuffix(a: string, b: string): number {
  const [one, two] = [a.split('.'), b.split('.')];
  for (let at = 0; at < Math.min(one.length, two.length); at++) {
    const [x, y] = [one[at]!, two[at]!];
    if (x === y) continue;
    const numbers = [x, y].map((part) => (/^\d+$/.test(part) ? Number(part) : undefined));
    if (numbers[0] !== undefined && numbers[1] !== undefined) return numbers[0] - numbers[1];
    // numbers come before words
    if (numbers[0] !== undefined) return -1;
    if (numbers[1] !== undefined) return 1;
    return x < y ? -1 : 1;
  }
  return one.length - two.length;
}

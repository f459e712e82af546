// Debian's order of versions (deb-version(7)): epoch, upstream version, revision; `~` sorts before everything, also before the end. Used by scripts/cve.ts.

/** @returns below 0 when a is older, above 0 when it is newer */
export function compareDebianVersions(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  return x.epoch - y.epoch || comparePart(x.upstream, y.upstream) || comparePart(x.revision, y.revision);
}

function partsOf(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Runs of other characters and of digits in turn. */
function comparePart(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    for (;;) {
      const [x, y] = [weight(a[i]), weight(b[j])];
      const done = (c: string | undefined) => c === undefined || isDigit(c);
      if (done(a[i]) && done(b[j])) break;
      if (x !== y) return x - y;
      i++;
      j++;
    }
    const [m, n] = [/^\d*/.exec(a.slice(i))![0], /^\d*/.exec(b.slice(j))![0]];
    const difference = BigInt(m || '0') - BigInt(n || '0');
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    i += m.length;
    j += n.length;
  }
  return 0;
}

const isDigit = (c: string) => c >= '0' && c <= '9';

function weight(c: string | undefined): number {
  if (c === '~') return -1;
  if (c === undefined || isDigit(c)) return 0;
  return /[a-z]/i.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256;
}

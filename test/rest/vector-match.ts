// Comparison of an answer with a recorded expectation, matchers as in the header of test/conformance/run.mjs.

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);
const kinds: Record<string, (v: unknown) => boolean> = {
  $any: () => true,
  $number: (v) => typeof v === 'number',
  $string: (v) => typeof v === 'string',
  $bool: (v) => typeof v === 'boolean',
  $array: Array.isArray,
  $object: isObject,
};

/** @returns '' when `got` fits, else the first difference */
export function difference(want: unknown, got: unknown, at = ''): string {
  const bad = `${at || '.'}: expected ${JSON.stringify(want)} got ${JSON.stringify(got)}`;
  if (typeof want === 'string') {
    const kind = kinds[want];
    if (kind) return kind(got) ? '' : bad;
    if (want.startsWith('$regex:')) return new RegExp(want.slice(7), 's').test(String(got)) ? '' : bad;
    return want === got ? '' : bad;
  }
  if (Array.isArray(want)) {
    if (!Array.isArray(got) || got.length !== want.length) return bad;
    return want.map((w, i) => difference(w, got[i], `${at}[${i}]`)).find((d) => d !== '') ?? '';
  }
  if (!isObject(want)) return want === got ? '' : bad;
  if ('$unordered' in want) {
    const left = Array.isArray(got) ? [...got] : [];
    const list = want['$unordered'] as unknown[];
    const all = list.every((w) => {
      const i = left.findIndex((g) => difference(w, g) === '');
      if (i >= 0) left.splice(i, 1);
      return i >= 0;
    });
    return all && left.length === 0 ? '' : bad;
  }
  if (!isObject(got)) return bad;
  const partial = '$partial' in want;
  const members = (partial ? want['$partial'] : want) as Record<string, unknown>;
  for (const [k, w] of Object.entries(members)) {
    const d = difference(w, got[k], `${at}.${k}`);
    if (d) return d;
  }
  if (!partial) for (const k of Object.keys(got)) if (!(k in members)) return `${at}.${k}: unexpected ${JSON.stringify(got[k])}`;
  return '';
}

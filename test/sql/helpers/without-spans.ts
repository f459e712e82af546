// A syntax tree without what may differ after printing: places in the text, and parentheses that the grammar does not need.

export function withoutSpans(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSpans);
  if (typeof node !== 'object' || node === null) return node;
  const kept = Object.entries(node).filter(
    ([key, value]) =>
      !/^(span|nameSpan|aliasSpan)$/.test(key) && !(key === 'parens' && value === true && 'kind' in node) && value !== undefined,
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutSpans(value)]));
}

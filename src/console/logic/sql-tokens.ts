// SQL cut into pieces for colours. Knows no grammar: what is right or wrong is the gateway's to say. Pure; tested in test/console.

export type TokenKind = 'keyword' | 'string' | 'number' | 'comment' | 'function' | 'word' | 'other';

export interface Token {
  kind: TokenKind;
  text: string;
  at: number;
}

export const keywords: readonly string[] = (
  'SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT AS AND OR NOT IN BETWEEN LIKE IS NULL CASE WHEN THEN ELSE END JOIN INNER LEFT RIGHT FULL CROSS ON ' +
  'ASC DESC DISTINCT FILTER OVER PARTITION INVISIBLE EXCEPT REPLACE TRUE FALSE INNER TUMBLINGWINDOW HOPPINGWINDOW SLIDINGWINDOW SESSIONWINDOW COUNTWINDOW ' +
  'STATEWINDOW DD HH MI SS MS'
).split(' ');
const isKeyword = new Set(keywords);

const PIECE =
  /(--[^\n]*)|('(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?)|(`[^`\n]*`?)|(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|([\p{L}_][\p{L}\p{N}_]*)|(\s+|[^\p{L}\p{N}_\s'"`-]+|[\s\S])/gu;

export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (const m of sql.matchAll(PIECE)) {
    const text = m[0];
    const at = m.index;
    const kind: TokenKind = m[1]
      ? 'comment'
      : m[2]
        ? 'string'
        : m[3]
          ? 'word'
          : m[4]
            ? 'number'
            : m[5]
              ? isKeyword.has(text.toUpperCase())
                ? 'keyword'
                : /^\s*\(/.test(sql.slice(at + text.length, at + text.length + 20))
                  ? 'function'
                  : 'word'
              : 'other';
    tokens.push({ kind, text, at });
  }
  return tokens;
}

/** Names behind FROM and JOIN, in order. */
export function sourcesIn(sql: string): string[] {
  const words = tokensOf(sql).filter((t) => t.kind !== 'comment' && t.text.trim() !== '');
  const names: string[] = [];
  for (const [i, token] of words.entries()) {
    const before = words[i - 1];
    if (before?.kind !== 'keyword' || !/^(FROM|JOIN)$/i.test(before.text) || token.kind === 'keyword') continue;
    const name = token.text.replaceAll('`', '');
    if (/^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name) && !names.includes(name)) names.push(name);
  }
  return names;
}

// Takes the secrets out of gateway.yaml, also of parts that could not be read; everything else, comments too, stays as the person wrote it.
// Called by main.ts after use.
import { suggest } from '../../src/sql/suggest.ts';
import type { Parts, Path } from './read-parts.ts';
import { NOT_USED, REMOVED } from './settings.ts';

const NAME = /pass|psk|secret|token|pwd|apikey|api_key|privatekey|private_key|aeskey|authorization|credential/i;

/** True for a name whose value nobody should read, also when it is misspelt. */
export function isSecretName(name: string): boolean {
  return NAME.test(name) || suggest(name, ['password', 'passphrase', 'passwort']) !== undefined;
}

/** @param used paths of parts whose secrets the device has now  @returns the new text, or undefined when there is no secret in it */
export function removeSecrets(text: string, parts: Parts, used: readonly Path[]): string | undefined {
  const cuts: { from: number; to: number; used: boolean }[] = [];
  for (const { path, span } of parts.scalars()) {
    const value = text.slice(...span).replace(/^["']|["']$/g, '');
    if (isDone(value) || !isSecret(path, value)) continue;
    cuts.push({ from: span[0], to: span[1], used: used.some((u) => u.every((part, i) => part === path[i])) });
  }
  cuts.sort((a, b) => b.from - a.from);
  let result = text;
  let before = Number.POSITIVE_INFINITY;
  for (const { from, to, used: wasUsed } of cuts) {
    if (to > before) continue; // named twice through an alias
    before = from;
    const ends = /\r?\n[ \t]*$/.exec(result.slice(from, to))?.[0] ?? ''; // a block of text ends with its line
    result = `${result.slice(0, from)}"${wasUsed ? REMOVED : NOT_USED}"${ends}${result.slice(to)}`;
  }
  result = withoutBareSecrets(result);
  return result === text ? undefined : result;
}

/** Secrets that the file holds, longest first, so that no other text repeats one. */
export function secretsIn(text: string, parts: Parts): string[] {
  const found = new Set<string>();
  for (const { path, span } of parts.scalars()) {
    const value = text
      .slice(...span)
      .trim()
      .replace(/^["']|["']$/g, '');
    if (value.length > 2 && !isDone(value) && isSecret(path, value)) found.add(value);
  }
  return [...found].sort((a, b) => b.length - a.length);
}

function isSecret(path: Path, value: string): boolean {
  const names = path.filter((p): p is string => typeof p === 'string');
  if (names[0] === 'streams') return false;
  if (/:\/\/[^/\s]*:[^/\s]*@/.test(value)) return true;
  // not the form that is expected: what else could it be
  if (names[0] === 'mqtt' && names.length === 1) return true;
  return isSecretName(names.at(-1) ?? '');
}

const isDone = (value: string) =>
  value === REMOVED || value === NOT_USED || value === 'generate' || value === '' || value === 'null' || value === '~';

/** A name at the beginning of a line, or behind a bracket, comma or blank, with its colon. */
const NAMED = /(^\s*(?:-\s+)*["']?|[{,[]\s*["']?|\s["']?)([A-Za-z_][\w.-]*)(["']?\s*(?:=|:(?!\/\/))\s*)/g;
/** Lines of SQL: what looks like a name there is none. */
const SQL = /^\s*(-\s+)?(["']?(sql["']?\s*:|CREATE\s))/i;

/** Lines that no parser took: whatever stands behind a name of a secret goes, with the lines that belong to it. Private keys go whole. */
function withoutBareSecrets(text: string): string {
  const lines = text.split('\n');
  let until: number | undefined;
  let inKey = false;
  const out: string[] = [];
  for (const line of lines) {
    const body = line.replace(/\r$/, '');
    const indent = /^\s*/.exec(body)![0].length;
    if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(body) && !body.includes('END ')) inKey = true;
    if (inKey || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(body)) {
      if (!out.at(-1)?.includes('private key was here')) out.push(`${' '.repeat(indent)}# (a private key was here and was removed)`);
      if (/-----END [A-Z ]*PRIVATE KEY-----/.test(body)) inKey = false;
      continue;
    }
    if (until !== undefined) {
      if (body.trim() !== '' && indent > until) continue;
      if (body.trim() !== '') until = undefined;
    }
    if (/^\s*#/.test(body)) {
      out.push(line);
      continue;
    }
    out.push(bareLine(body, (at) => (until = at)) + (line.endsWith('\r') ? '\r' : ''));
  }
  return out.join('\n');
}

function bareLine(body: string, dropBelow: (indent: number) => void): string {
  if (SQL.test(body)) return body;
  let done = '';
  let from = 0;
  for (const match of body.matchAll(NAMED)) {
    const [whole, before, name, colon] = match as unknown as [string, string, string, string];
    const first = match.index === 0;
    if (match.index < from || !isSecretName(name) || (!first && colon.includes('='))) continue;
    const start = match.index + whole.length;
    const value = body.slice(start);
    const inBraces = /[{,[]/.test(before) || /[{[]/.test(body.slice(0, match.index));
    const quoted = /^(["'])(?:\\.|(?!\1).)*\1(?=\s*([,}\]#]|$))/.exec(value)?.[0];
    const length = quoted?.length ?? (inBraces ? (/[,}]/.exec(value)?.index ?? value.length) : value.length);
    const bare = (quoted ?? value.slice(0, length)).trim();
    const open = /^([|>].*)?$/.test(bare) || bare.startsWith('#') || (quoted === undefined && /^["']/.test(bare));
    if (first && open) dropBelow(/^\s*/.exec(body)![0].length);
    if (bare === '' || bare.startsWith('#') || isDone(bare.replace(/^["']|["']$/g, ''))) continue;
    done += `${body.slice(from, start)}"${NOT_USED}"`;
    from = start + length;
  }
  return done + body.slice(from);
}

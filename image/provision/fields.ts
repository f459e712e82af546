// How a part of gateway.yaml is read: types, unknown names with "did you mean", all told with the path. Called by read-*.ts.
import { suggest } from '../../src/sql/suggest.ts';
import type { Parts, Path } from './read-parts.ts';
import type { Problem } from './settings.ts';

/** Parts whose names have nothing to do with each other: a wrong one does not take its neighbours. */
const HOLDERS = new Set(['', 'ssh', 'network', 'mqtt']);

export interface Fields {
  readonly parts: Parts;
  readonly problems: Problem[];
  /** Paths of parts whose secrets were taken. */
  readonly used: Path[];
  /** Tells what is wrong. */
  wrong(path: Path, message: string): undefined;
  /** Settings by name. @param known names that may stand there  @returns undefined when absent or wrong, or when a name is misspelt or cannot be read, so that the part would mean something else */
  map(path: Path, value: unknown, known: readonly string[]): Record<string, unknown> | undefined;
  text(path: Path, value: unknown): string | undefined;
  /** As {@link text}, for what may hold any sign: a `#` that begins a comment unseen is told. */
  freeText(path: Path, value: unknown): string | undefined;
  list(path: Path, value: unknown): unknown[] | undefined;
  texts(path: Path, value: unknown): string[] | undefined;
  yes(path: Path, value: unknown): boolean | undefined;
}

export function createFields(parts: Parts): Fields {
  const problems: Problem[] = [];
  const wrong = (path: Path, message: string): undefined => {
    problems.push({ where: path.join('.') || 'the file', line: parts.lineOf(path), text: message });
    return undefined;
  };
  const text = (path: Path, value: unknown): string | undefined => {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'string') return value;
    return wrong(path, 'expected text; put it into quotes');
  };
  const list = (path: Path, value: unknown): unknown[] | undefined => {
    if (value === undefined || value === null) return undefined;
    return Array.isArray(value) ? value : wrong(path, 'expected a list, one "- " line each');
  };
  return {
    parts,
    problems,
    used: [],
    wrong,
    map(path, value, known) {
      if (value === undefined || value === null) return undefined;
      if (typeof value !== 'object' || Array.isArray(value)) {
        const glued = typeof value === 'string' && /^\w+:\S/.test(value) ? '; behind a colon stands a blank' : '';
        return wrong(path, `expected settings as "name: value" lines below it${glued}`);
      }
      let misspelt = false;
      for (const key of Object.keys(value)) {
        if (known.includes(key)) continue;
        const near = suggest(key, known) ?? (key.length > 2 ? known.find((k) => k.toLowerCase() === key.toLowerCase()) : undefined);
        if (near !== undefined) misspelt = true;
        const hint = near === undefined ? '' : `. Did you mean "${near}"?`;
        wrong([...path, key], `there is no setting of this name; here are: ${known.join(', ')}${hint}`);
      }
      const cannotBeRead = known.some((key) => parts.isBroken([...path, key]));
      return (misspelt || cannotBeRead) && !HOLDERS.has(path.join('.')) ? undefined : (value as Record<string, unknown>);
    },
    text,
    freeText(path, value) {
      const found = text(path, value);
      const comment = found === undefined ? undefined : parts.commentOf(path);
      if (comment === undefined || /^\s|^$/.test(comment)) return found;
      return wrong(
        path,
        'in YAML a "#" behind a blank begins a comment, so the value would end before it. Put the whole value into quotes',
      );
    },
    list,
    texts: (path, value) => list(path, value)?.flatMap((entry, i) => text([...path, i], entry) ?? []),
    yes(path, value) {
      if (value === undefined || value === null) return undefined;
      if (typeof value === 'boolean') return value;
      if (typeof value === 'string' && /^(yes|on|true)$/i.test(value)) return true;
      if (typeof value === 'string' && /^(no|off|false)$/i.test(value)) return false;
      return wrong(path, 'expected true or false');
    },
  };
}

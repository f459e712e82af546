// Assertions that the type checker must believe: `x!` and `x as T`. Each is a place where a wrong thought is not found. Their number in src may only
// fall: test/docs/ratchets.test.ts compares it with docs/ratchets.json, which `make docs` lowers. Counted in the text without comments and strings.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Counts {
  /** `x!` */
  nonNull: number;
  /** `x as T`, without `as const`. */
  casts: number;
}

const RECORD = 'docs/ratchets.json';

/** The code without comments and without the text of strings. */
export function bare(code: string): string {
  return code.replaceAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\$]|\\.|\$(?!\{))*`/g, (m) =>
    m.startsWith('/') ? ' ' : "''",
  );
}

export function countIn(code: string): Counts {
  const text = bare(code);
  const statements = text.replaceAll(/^(?:import|export)\b[^;]*?\bfrom\b[^;]*;/gm, '');
  return {
    nonNull: [...statements.matchAll(/[\w)\]]!(?=[\s.,;:)\]}[(]|$)(?!\s*=)/g)].length,
    casts: [...statements.matchAll(/[\w)\]}'] as (?!const\b)/g)].length,
  };
}

/** @returns counts of all of src, and of each file */
export function countAll(): { all: Counts; files: Map<string, Counts> } {
  const files = new Map<string, Counts>();
  const all: Counts = { nonNull: 0, casts: 0 };
  for (const e of readdirSync('src', { recursive: true, withFileTypes: true })) {
    if (!e.isFile() || !e.name.endsWith('.ts')) continue;
    const path = join(e.parentPath, e.name);
    const counts = countIn(readFileSync(path, 'utf8'));
    files.set(path, counts);
    all.nonNull += counts.nonNull;
    all.casts += counts.casts;
  }
  return { all, files };
}

export const recorded = (): Counts => JSON.parse(readFileSync(RECORD, 'utf8')) as Counts;

if (import.meta.main) {
  const { all } = countAll();
  const before = recorded();
  const next: Counts = { nonNull: Math.min(all.nonNull, before.nonNull), casts: Math.min(all.casts, before.casts) };
  writeFileSync(RECORD, `${JSON.stringify(next, undefined, 2)}\n`);
}

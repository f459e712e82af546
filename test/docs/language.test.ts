// What users read is plain English, with the words of docs/glossary.md. Comments and names are not looked at, only texts.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
/** Turns of phrase that are no English, with what to write. */
const WRONG: readonly (readonly [RegExp, string])[] = [
  [/\banew\b/, 'again'],
  [/\b(is|are|was|were) told\b/, 'reported, shown'],
  [/\bwith a word\b/, 'with an explanation'],
  [/\b(gives?|gave|given) up (rows|messages|data|items)\b|\brows up\b/, 'discarded'],
  [/\b(waits?|is) since \d/, 'has been … for'],
  [/\bbelongs? into\b/, 'belong in'],
  [/(?<!\b[Tt]here )\b(is|are) no (number|text|object|array|list|name|date|version|file|plugin|address|duration|JSON)\b/, 'is not a'],
  [/\bthe version before\b/, 'the previous version'],
  [/\b(informations|feedbacks|datas)\b/, 'the singular'],
];
/** Words that eKuiper's programs compare. */
const EKUIPER = [/defenition/, /isn't existed/, /nagtive/];

function* sources(folder: string): Iterable<string> {
  for (const e of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, e.name);
    if (e.isDirectory()) yield* sources(file);
    else if (e.name.endsWith('.ts')) yield file;
  }
}

/** Texts of a source: string literals with a blank in them. */
function textsOf(source: string): string[] {
  return [...source.matchAll(TOKEN)].map(([t]) => t).filter((t) => !t.startsWith('/') && t.includes(' '));
}

function faultsOf(texts: readonly string[]): string[] {
  return texts
    .filter((t) => !EKUIPER.some((e) => e.test(t)))
    .flatMap((t) => WRONG.filter(([wrong]) => wrong.test(t)).map(([, right]) => `${t.slice(0, 120)} → ${right}`));
}

describe('texts', () => {
  // @covers issue:14#9
  it('in src and plugins are plain English', () => {
    const faults = ['src', 'plugins'].flatMap((folder) =>
      [...sources(folder)].flatMap((file) => faultsOf(textsOf(readFileSync(file, 'utf8'))).map((f) => `${file}: ${f}`)),
    );
    expect(faults).toEqual([]);
  });

  it('are found by what they say, and comments are not', () => {
    const source = `// starts anew\nlog.warn('It starts anew.'); const a = "is no number"; const b = \`There is no number\`; throw x('waits since 5 s');`;
    expect(faultsOf(textsOf(source))).toEqual([
      "'It starts anew.' → again",
      '"is no number" → is not a',
      "'waits since 5 s' → has been … for",
    ]);
  });
});

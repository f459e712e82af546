// Prints docs/parity/promises.md: every promise and finding of promises.yaml with the tests that carry its tag. Run by `make docs`; the drift test is
// test/docs/promises.test.ts.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

interface Entry {
  text: string;
  missing?: string;
  /** What is left although there are tests. */
  open?: string;
}

interface Section {
  title: string;
  entries: Record<string, Entry>;
}

export interface TaggedTest {
  file: string;
  name: string;
}

const TAG = /@covers\s+(.+)$/;
const ID = /\b(?:issue|finding):[A-Za-z0-9]+#[A-Za-z0-9.]+/g;
/** The test that a tag stands above: the next call. Its name is the first argument, or follows the table of `each`. */
const CALL = /\b(?:describe|it|test)(?:\.\w+)*(?:<[^(]*>)?\(/;
const PLAIN_NAME = /^\s*(['"`])((?:\\.|(?!\1).)*)\1/s;
const EACH_NAME = /\)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/s;

function nameAfter(text: string): string {
  const call = CALL.exec(text);
  if (!call) return '';
  const rest = text.slice(call.index + call[0].length);
  const name = (call[0].includes('.each') ? EACH_NAME : PLAIN_NAME).exec(rest)?.[2];
  return name?.replaceAll(/\\(.)/g, '$1') ?? '';
}

function* sources(folder: string): Iterable<string> {
  for (const e of readdirSync(folder, { withFileTypes: true })) {
    if (e.name === 'node_modules') continue;
    const file = path.join(folder, e.name);
    if (e.isDirectory()) yield* sources(file);
    else if (/\.(ts|mts|sh|py)$/.test(e.name)) yield file;
  }
}

/** Tests by the tags above them. A tag at the head of a file is for the file. */
export function taggedTests(folders: readonly string[]): Map<string, TaggedTest[]> {
  const found = new Map<string, TaggedTest[]>();
  for (const file of folders.flatMap((f) => [...sources(f)])) {
    const text = readFileSync(file, 'utf8');
    if (!text.includes('@covers')) continue;
    const lines = text.split('\n');
    lines.forEach((line, i) => {
      const tag = TAG.exec(line);
      if (!tag) return;
      // a tag among the last lines of a file's head is above its first test, however far that is
      const rest = lines.slice(i + 1).join('\n');
      const name = nameAfter(rest);
      for (const id of tag[1]!.match(ID) ?? []) {
        const list = found.get(id) ?? [];
        list.push({ file, name });
        found.set(id, list);
      }
    });
  }
  return found;
}

export const readPromises = (): Section[] => parse(readFileSync('docs/parity/promises.yaml', 'utf8')) as Section[];

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

/** The page. A test is named as `file › name`, several of one file once. */
export function promisesPage(sections: readonly Section[], tests: ReadonlyMap<string, readonly TaggedTest[]>): string {
  const out = [
    '# Promises and findings, and the tests that hold them',
    '',
    'Printed by `make docs` from the tags in the tests and from promises.yaml. Do not edit.',
  ];
  for (const { title, entries } of sections) {
    out.push('', `## ${title}`, '', '| Id | What | Tests |', '|---|---|---|');
    for (const [id, { text, missing, open }] of Object.entries(entries)) {
      const names = [...new Set((tests.get(id) ?? []).map((t) => `${t.file}${t.name ? ` › ${t.name}` : ''}`))].sort();
      const proof = names.length > 0 ? names.map((n) => `\`${cell(n)}\``).join('; ') : `missing, because ${missing ?? '?'}`;
      out.push(`| ${id} | ${cell(text)}${open ? ` **Open:** ${cell(open)}` : ''} | ${proof} |`);
    }
  }
  return `${out.join('\n')}\n`;
}

if (import.meta.main) {
  writeFileSync('docs/parity/promises.md', promisesPage(readPromises(), taggedTests(['test'])));
}

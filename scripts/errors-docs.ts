// Writes docs/errors.md from the error catalogue: `make docs`. A test compares the file with the catalogue.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CatalogueEntry, catalogue } from '../src/base/errors/catalogue/index.ts';

export const ERRORS_FILE = join(import.meta.dirname, '../docs/errors.md');

const CODES: Readonly<Record<number, string>> = {
  1000: 'undefined',
  1001: 'general',
  1002: 'not found',
  1003: 'IO',
  1004: 'converter',
  2001: 'SQL parser',
  2101: 'plan',
  2201: 'executor',
  3000: 'stream or table',
  4000: 'rule',
  5000: 'conf key',
};

export function errorsMarkdown(): string {
  const entries = Object.entries(catalogue) as [string, CatalogueEntry][];
  const lines = [
    '# Errors',
    '',
    'Written by `make docs` from `src/base/errors/catalogue`. Each error has a code of ours (in logs, field `code`) and a number of eKuiper’s',
    '(in REST bodies `{"error":number,"message":text}`). `{word}` stands for what the case fills in; a message of just `{text}` has a wording',
    'of its own in each case.',
    '',
    '| Number | Meaning |',
    '|---|---|',
    ...Object.entries(CODES).map(([n, meaning]) => `| ${n} | ${meaning} |`),
    '',
    '| Code | Number | HTTP status | Message | What to do |',
    '|---|---|---|---|---|',
    ...entries
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, e]) => {
        const status = e.httpStatus ?? (e.ekuiperCode === 1002 ? 404 : 400);
        const cell = (s: string) => s.replaceAll('|', '\\|').replaceAll('\n', ' ');
        return `| \`${code}\` | ${e.ekuiperCode} | ${status} | ${cell(e.text)} | ${cell(e.cure)}${e.retriable ? ' Tried again by itself.' : ''} |`;
      }),
    '',
  ];
  return lines.join('\n');
}

if (import.meta.main) writeFileSync(ERRORS_FILE, errorsMarkdown());

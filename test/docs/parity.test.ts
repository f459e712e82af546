// docs/parity.md and its parts: every row names a test that exists, or says why it is missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface ParityRow {
  file: string;
  line: number;
  fact: string;
  proof: string;
}

function rowsOf(file: string): ParityRow[] {
  const out: ParityRow[] = [];
  readFileSync(file, 'utf8')
    .split('\n')
    .forEach((text, i) => {
      if (!text.startsWith('|') || /^\|[\s:|-]+\|$/.test(text)) return;
      const cells = text
        .replaceAll('\\|', '\u0000')
        .split('|')
        .slice(1, -1)
        .map((c) => c.replaceAll('\u0000', '|').trim());
      if (cells.length < 2 || /^test/i.test(cells.at(-1)!)) return; // heading
      out.push({ file, line: i + 1, fact: cells[0]!, proof: cells.at(-1)! });
    });
  return out;
}

const files = readdirSync('docs/parity')
  .filter((f) => f.endsWith('.md'))
  .map((f) => `docs/parity/${f}`);
const rows = files.flatMap(rowsOf);

describe('docs/parity', () => {
  it('is linked from docs/parity.md', () => {
    const index = readFileSync('docs/parity.md', 'utf8');
    expect(files.filter((f) => !index.includes(f.replace('docs/', '')))).toEqual([]);
  });

  it('has no empty row', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((r) => r.fact === '' || r.proof === '').map((r) => `${r.file}:${r.line}`)).toEqual([]);
  });

  it('names tests that exist, or why there is none', () => {
    const bad: string[] = [];
    for (const r of rows) {
      if (/^missing, because \S/.test(r.proof)) continue;
      // `test/a/b.test.ts › name` – several separated by `;`, file and name in backquotes or plain
      for (const part of r.proof.split(/;\s+(?=`?(?:test|scripts|image|bench)\/)/)) {
        const [file, ...name] = part.split('›').map((s) => s.trim().replace(/^`|`$/g, ''));
        const plain = file!.replaceAll('`', '');
        if (!existsSync(plain)) bad.push(`${r.file}:${r.line}: no file ${plain}`);
        else if (name.length && plain.endsWith('.ts')) {
          const last = name.at(-1)!.replaceAll('`', '');
          const text = readFileSync(plain, 'utf8').replaceAll("\\'", "'");
          // names made by loops hold ${…}: the fixed part before the first one must be there
          if (!text.includes(last) && !text.includes(last.split(/[(:"0-9]/)[0]!.trim()))
            bad.push(`${r.file}:${r.line}: no test "${last}" in ${plain}`);
        }
      }
    }
    expect(bad).toEqual([]);
  });
});

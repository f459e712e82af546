// docs/man/kuiper.1 is what the commands say of themselves.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MAN_FILE, manPage, roff } from '../../scripts/man-page.ts';
import { commands } from '../../src/cli/commands/index.ts';

// @covers issue:23#2
it('the manual page is up to date (make docs), and has every command with its flags and examples', () => {
  const page = readFileSync(MAN_FILE, 'utf8');
  expect(page).toBe(manPage());
  for (const { usage, flags = [], examples = [] } of commands) {
    expect(page).toContain(`.B ${roff(`kuiper ${usage}`)}\n`);
    for (const f of flags) expect(page).toContain(roff(f.doc));
    for (const [line] of examples) expect(page).toContain(roff(line));
  }
});

it('what a text says is never a request of roff', () => {
  expect(roff("a\\b --c\n.x\n'y …")).toBe("a\\eb \\-\\-c \\&.x \\&'y \\[u2026]");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: roff reads bytes
  expect(manPage()).toMatch(/^[\x00-\x7f]*$/);
  const requests = new Set(manPage().match(/^[.'][^\s"\\]*/gm));
  expect([...requests].sort()).toEqual(['.', '.B', '.PP', '.RE', '.RS', '.SH', '.TH', '.TP', '.br']);
});

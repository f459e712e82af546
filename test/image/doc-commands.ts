// The commands that the pages of the appliance tell an owner to type: lines of code blocks, and code in a sentence that begins with a program. Each of them is
// executed by the image test (doc-runs.ts says how), so that a page cannot promise what does not work. Used by checks/docs.ts and test/docs/appliance.test.ts.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DocCommand {
  page: string;
  line: number;
  /** As it stands there, without a comment behind it. */
  text: string;
}

const PAGES = join(import.meta.dirname, '../../docs/appliance');
/** What a sentence's code begins with when it is a command. */
const PROGRAMS =
  /^(?:sudo |NAME=\S+ )?(?:kuiper|systemctl|journalctl|ssh|scp|tail|mosquitto_pub|mosquitto_sub|curl|zstd|sha256sum|dd|touch|rm|lsblk|diskutil|rpi-imager|nft|make|Get-FileHash|image\/campaign\.sh|test\/image\/deb\.sh)(?: \S|$)/;
/** Also the name of the user. */
const NO_COMMAND = /^(?:kuiper|curl|zstd|dd|ssh|scp|touch|rm)$/;

/** `a start\|stop b` (a table's cell) and `a start|stop b`: one command for each. */
function alternatives(text: string): string[] {
  const words = text.replaceAll('\\|', '|').split(' ');
  let found = [''];
  for (const word of words) {
    const many = /^[a-z-]+(?:\|[a-z-]+)+$/.test(word) ? word.split('|') : [word];
    found = found.flatMap((start) => many.map((one) => (start === '' ? one : `${start} ${one}`)));
  }
  return found;
}

/** @param text of a page */
export function commandsOf(page: string, text: string): DocCommand[] {
  const found: DocCommand[] = [];
  const put = (line: number, command: string) => {
    const bare = command.replace(/\s{2,}#.*$|\s+# .*$/, '').trim();
    // `make update-keys | rollback`: spaces around the bar, only in code blocks of usage
    for (const one of alternatives(bare.replace(/ \| (?=[a-z-]+$)/, '|'))) if (one !== '') found.push({ page, line, text: one });
  };
  let fenced = false;
  let heredoc: string | undefined;
  let open: { line: number; lines: string[] } | undefined;
  text.split('\n').forEach((line, at) => {
    if (/^```/.test(line)) {
      fenced = !fenced;
      return;
    }
    const block = fenced || /^ {4}\S/.test(line);
    if (open) {
      open.lines.push(line);
      if (line.trim() === heredoc) {
        put(open.line, open.lines.join('\n'));
        open = undefined;
      }
      return;
    }
    if (block) {
      heredoc = /<<'?(\w+)'?$/.exec(line)?.[1];
      if (heredoc !== undefined) open = { line: at + 1, lines: [line.trim()] };
      else put(at + 1, line);
      return;
    }
    for (const [, code] of line.matchAll(/(?<!`)`([^`]+)`(?!`)/g)) if (PROGRAMS.test(code!) && !NO_COMMAND.test(code!)) put(at + 1, code!);
  });
  return found;
}

export const docCommands = (): DocCommand[] =>
  readdirSync(PAGES)
    .filter((name) => name.endsWith('.md'))
    .sort()
    .flatMap((name) => commandsOf(name, readFileSync(join(PAGES, name), 'utf8')));

if (import.meta.main) for (const { page, line, text } of docCommands()) console.log(`${page}:${line}\t${text}`);

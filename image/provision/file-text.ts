// The bytes of gateway.yaml -> text, whatever editor wrote them, and small repairs of what editors put in. Repairs keep the length, so that
// places in the repaired text are places in the original one. Called by main.ts and read-parts.ts.
import type { Problem } from './settings.ts';

/** UTF-8 with or without mark, UTF-16 of Windows editors, else Latin-1. @returns text without a byte order mark */
export function decodeText(bytes: Uint8Array): { text: string; problems: Problem[] } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const problem = (text: string): Problem[] => [{ where: 'the file', line: undefined, text }];
  const kind = buffer.subarray(0, 2).toString('hex');
  if (kind === 'fffe' || kind === 'feff') {
    const even = Buffer.from(buffer.subarray(2, buffer.length - (buffer.length % 2)));
    return { text: (kind === 'fffe' ? even : even.swap16()).toString('utf16le'), problems: [] };
  }
  if (buffer.subarray(0, 5).toString('latin1') === '{\\rtf' || kind === '504b')
    return {
      text: '',
      problems: problem('this is a document of a word processor; save it as plain text (.txt) under the name gateway.yaml'),
    };
  // Without a mark, every second byte of plain text is 0.
  const zeros = buffer.subarray(0, 64).filter((b) => b === 0).length;
  if (zeros > 8 && buffer[1] === 0) return { text: buffer.toString('utf16le').replace(/\0+$/, ''), problems: [] };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(buffer), problems: [] };
  } catch {
    // not UTF-8: the old encoding of Windows editors; wrong letters are better than no settings
    return {
      text: buffer.toString('latin1'),
      problems: problem('this is not UTF-8 text; letters other than a-z may be wrong. Save the file as UTF-8'),
    };
  }
}

/** Tabs and hard blanks before a line's text, and typographic quotes around a value. @returns the text in the same length, with a problem for the first of each */
export function repairText(text: string): { text: string; problems: Problem[] } {
  const problems: Problem[] = [];
  const told = new Set<string>();
  const tell = (line: number, what: string, words: string) => {
    if (told.has(what)) return;
    told.add(what);
    problems.push({ where: 'the file', line, text: words });
  };
  const lines = text.split('\n').map((line, i) => {
    let repaired = line;
    const indent = /^[ \t\u00a0\u2003\u3000]*/.exec(line)![0];
    if (/[^ ]/.test(indent) && indent.length < line.trimEnd().length) {
      if (indent.includes('\t'))
        tell(i + 1, 'tab', 'the line begins with a tab; YAML takes blanks only. It was read as blanks; replace the tabs');
      else
        tell(
          i + 1,
          'blank',
          'the line begins with a special blank (copied from a web page?); it was read as a plain one. Type the blanks again',
        );
      repaired = ' '.repeat(indent.length) + line.slice(indent.length);
    }
    const quoted = /^(\s*(?:- +)?(?:[\w.-]+\s*:[ ]+)?)[\u201c\u201d\u201e\u2033](.*)[\u201c\u201d\u2033](\s*)$/.exec(repaired);
    if (quoted) {
      tell(i + 1, 'quotes', 'these are typographic quotes; they were read as plain ones ("). Type them again');
      repaired = `${quoted[1]}"${quoted[2]}"${quoted[3]}`;
    }
    return repaired;
  });
  return { text: lines.join('\n'), problems };
}

// Looks at the text of a plugin without running it: what it imports, which calls would be refused, and in which lines. Comments and texts are told
// apart from code by one pass; that is enough for what is looked for, and needs no parser on the device.

export interface ImportFound {
  specifier: string;
  line: number;
  /** `import('x')`, which is evaluated later or never. */
  dynamic: boolean;
}

export interface SourceScan {
  imports: ImportFound[];
  /** Lines (from 1) where a pattern matches in code, not in comments and texts. */
  find(pattern: RegExp): { line: number; text: string }[];
}

export function scanSource(text: string): SourceScan {
  const { code, bare } = blank(text);
  const lineOf = lineFinder(text);
  const inCode = (at: number) => bare[at] === code[at] && code[at] !== ' ';
  const imports: ImportFound[] = [];
  const add = (pattern: RegExp, dynamic: boolean) => {
    for (const m of code.matchAll(pattern)) {
      if (!inCode(m.index)) continue;
      if (m.groups?.['type'] || onlyTypes(m.groups?.['names'])) continue;
      imports.push({ specifier: m.groups!['from']!, line: lineOf(m.index), dynamic });
    }
  };
  add(/\b(?:import|export)\s+(?<type>type\s+(?!from\b))?(?<names>[\w$*\s{},]*?)\s*from\s*['"](?<from>[^'"\n]+)['"]/g, false);
  add(/\bimport\s*['"](?<from>[^'"\n]+)['"]/g, false);
  add(/\bimport\s*\(\s*['"](?<from>[^'"\n]+)['"]/g, true);
  add(/(?<![.\w$])require\s*\(\s*['"](?<from>[^'"\n]+)['"]/g, true);
  return {
    imports: imports.sort((a, b) => a.line - b.line),
    find: (pattern) =>
      [...bare.matchAll(new RegExp(pattern.source, pattern.flags.includes('g') ? pattern.flags : `${pattern.flags}g`))].map((m) => ({
        line: lineOf(m.index),
        text: m[0],
      })),
  };
}

/** `{ type A, type B }` */
function onlyTypes(names: string | undefined): boolean {
  const inner = /^\s*\{([^}]*)\}\s*$/.exec(names ?? '')?.[1];
  if (inner === undefined) return false;
  const parts = inner
    .split(',')
    .map((s) => s.trim())
    .filter(Boolean);
  return parts.length > 0 && parts.every((p) => /^type\s+\w/.test(p));
}

function lineFinder(text: string): (at: number) => number {
  const starts = [0];
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
  return (at) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (starts[mid]! <= at) low = mid;
      else high = mid - 1;
    }
    return low + 1;
  };
}

/** @returns the text with comments as blanks (`code`), and also with the insides of texts and patterns as blanks (`bare`); lines stay */
export function blank(text: string): { code: string; bare: string } {
  const code = [...text].length === text.length ? text.split('') : Array.from({ length: text.length }, (_, i) => text[i]!);
  const bare = code.slice();
  const wipe = (target: string[], from: number, to: number) => {
    for (let i = from; i < to; i++) if (target[i] !== '\n') target[i] = ' ';
  };
  /** Depths of braces at which a template goes on. */
  const templates: number[] = [];
  let depth = 0;
  let before = '';
  let i = 0;
  const template = (from: number) => {
    let j = from;
    while (j < text.length && text[j] !== '`' && !(text[j] === '$' && text[j + 1] === '{')) j += text[j] === '\\' ? 2 : 1;
    wipe(bare, from, Math.min(j, text.length));
    if (text[j] === '$') {
      templates.push(depth++);
      return j + 2;
    }
    return j + 1;
  };
  while (i < text.length) {
    const c = text[i]!;
    if (c === '/' && text[i + 1] === '/') {
      const end = text.indexOf('\n', i);
      const to = end < 0 ? text.length : end;
      wipe(code, i, to);
      wipe(bare, i, to);
      i = to;
    } else if (c === '/' && text[i + 1] === '*') {
      const end = text.indexOf('*/', i + 2);
      const to = end < 0 ? text.length : end + 2;
      wipe(code, i, to);
      wipe(bare, i, to);
      i = to;
    } else if (c === '"' || c === "'") {
      let j = i + 1;
      while (j < text.length && text[j] !== c && text[j] !== '\n') j += text[j] === '\\' ? 2 : 1;
      wipe(bare, i + 1, Math.min(j, text.length));
      i = j + 1;
      before = c;
    } else if (c === '`') {
      i = template(i + 1);
      before = '`';
    } else if (c === '/' && /^$|[=(,:;[!&|?{}+\-*%<>~^]|return|typeof|case$/.test(before)) {
      // a pattern: up to the slash that no class holds
      let j = i + 1;
      let inClass = false;
      while (j < text.length && text[j] !== '\n' && (inClass || text[j] !== '/')) {
        if (text[j] === '[') inClass = true;
        else if (text[j] === ']') inClass = false;
        j += text[j] === '\\' ? 2 : 1;
      }
      wipe(bare, i + 1, Math.min(j, text.length));
      i = j + 1;
      before = '/';
    } else {
      if (c === '{') depth++;
      else if (c === '}') {
        depth--;
        if (templates.at(-1) === depth) {
          templates.pop();
          i = template(i + 1);
          before = '`';
          continue;
        }
      }
      if (/[\w$]/.test(c)) {
        let j = i;
        while (j < text.length && /[\w$]/.test(text[j]!)) j++;
        before = text.slice(i, j);
        i = j;
        continue;
      }
      if (!/\s/.test(c)) before = c;
      i++;
    }
  }
  return { code: code.join(''), bare: bare.join('') };
}

// gateway.yaml part by part: what can be read is read, whatever is wrong beside it. The whole file is parsed first; where that fails it is cut into
// its names, and each into the names below, until what is wrong stands alone: that is told with its line and a cure. Called by read-settings.ts.
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, Scalar, visit } from 'yaml';
import { repairText } from './file-text.ts';
import type { Problem } from './settings.ts';
import { wordsOf } from './yaml-words.ts';

export type Path = readonly (string | number)[];

interface Place {
  line: number;
  /** Of a text or number: where it stands in the file, quotes included. */
  span?: readonly [from: number, to: number];
  /** What follows a value without quotes behind `#`. */
  comment?: string;
}

/** What was read, with the place of everything. */
export interface Parts {
  value: Record<string, unknown>;
  problems: Problem[];
  /** The line of the path, or of what it lies in. */
  lineOf(path: Path): number | undefined;
  commentOf(path: Path): string | undefined;
  /** True for a name that stands there with a value that could not be read. */
  isBroken(path: Path): boolean;
  /** All texts and numbers with their place in the file. */
  scalars(): Iterable<{ path: Path; span: readonly [from: number, to: number] }>;
}

interface Child {
  text: string;
  offset: number;
  name: string | undefined;
  item: boolean;
  indent: number;
}

const HEADER = /^(\s*)(["']?)([A-Za-z_][\w.-]*)\2[ \t]*:(?=\s|$)/;
/** A value that no parser takes and everybody understands: read as text. */
const AS_TEXT = new Set([
  'BAD_SCALAR_START',
  'BLOCK_AS_IMPLICIT_KEY',
  'BAD_PROP_ORDER',
  'BAD_DIRECTIVE',
  'MULTIPLE_ANCHORS',
  'MULTIPLE_TAGS',
]);
const MAX_BYTES = 1_000_000;
const MAX_DEPTH = 8;

/** @param names the names of the first level; others are not looked at where a file is too much to unfold */
export function readParts(original: string, names: readonly string[]): Parts {
  const places = new Map<string, Place & { path: Path }>();
  const problems: Problem[] = [];
  const broken = new Set<string>();
  const starts = [0];
  for (let at = original.indexOf('\n'); at >= 0; at = original.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  const put = (path: Path, place: Place) => void places.set(JSON.stringify(path), { ...place, path });
  const tell = (path: Path, offset: number, text: string) =>
    void problems.push({ where: path.join('.') || 'the file', line: lineAt(offset), text });

  /** @returns the document's value, or why it has none */
  const parse = (text: string, offset: number, path: Path): { value: unknown } | { error: Document['errors'][number] | Error } => {
    const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: false, logLevel: 'error' });
    if (document.errors.length > 0) return { error: document.errors[0]! };
    const found: { path: Path; place: Place }[] = [];
    const told: { offset: number; text: string }[] = [];
    // an unquoted `*` refers to a part named `&…`; where there is none, a text was meant (a password, a pool of servers)
    visit(document, {
      Alias(_key, node) {
        if (node.resolve(document) !== undefined) return undefined;
        const meant = `*${node.source}`;
        told.push({
          offset: offset + (node.range?.[0] ?? 0),
          text: `${meant} begins with "*", which means something else in YAML; it was read as text. Put it into quotes: "${meant}"`,
        });
        const scalar = new Scalar(meant);
        scalar.range = node.range ?? null;
        return scalar;
      },
      // `&name` and `!name` before nothing: a text again
      Scalar(_key, node) {
        const tag = node.tag !== undefined && /^![^!]/.test(node.tag) ? node.tag : undefined;
        const sign = tag ?? (node.anchor !== undefined && node.source === '' ? `&${node.anchor}` : undefined);
        if (sign === undefined || !node.range) return undefined;
        const meant = `${sign}${node.source ? ` ${node.source}` : ''}`;
        const from = Math.max(0, text.lastIndexOf(sign, node.range[0]));
        told.push({
          offset: offset + from,
          text: `${sign[0] === '&' ? meant : sign} begins with "${sign[0]}", which means something else in YAML; it was read as text. Put it into quotes`,
        });
        const scalar = new Scalar(meant);
        scalar.range = [from, Math.max(node.range[1], from + sign.length), node.range[2]];
        return scalar;
      },
    });
    let value: unknown;
    try {
      value = document.toJS();
    } catch (error) {
      return { error: error as Error };
    }
    const walk = (node: unknown, at: Path): void => {
      const from = (node as Node | null)?.range?.[0];
      if (isMap(node)) {
        for (const { key, value: below } of node.items) {
          const name = isScalar(key) ? String(key.value) : undefined;
          if (name === undefined) continue;
          const keyAt = (key as Scalar).range?.[0];
          if (keyAt !== undefined) found.push({ path: [...at, name], place: { line: lineAt(offset + keyAt) } });
          walk(below, [...at, name]);
        }
      } else if (isSeq(node)) {
        for (const [i, item] of node.items.entries()) {
          const itemAt = (item as Node | null)?.range?.[0];
          if (itemAt !== undefined) found.push({ path: [...at, i], place: { line: lineAt(offset + itemAt) } });
          walk(item, [...at, i]);
        }
      } else if (isScalar(node) && from !== undefined && node.value !== null) {
        const comment = node.type === 'PLAIN' || node.type === undefined ? (node.comment ?? undefined) : undefined;
        const line = lineAt(offset + from);
        found.push({
          path: at,
          place: { line, span: [offset + from, offset + node.range![1]], ...(comment === undefined ? {} : { comment }) },
        });
      } else if (isAlias(node)) return;
    };
    walk(document.contents, path);
    for (const { path: at, place } of found) put(at, { ...places.get(JSON.stringify(at)), ...place });
    for (const { offset: at, text: words } of told) problems.push({ where: 'the file', line: lineAt(at), text: words });
    return { value };
  };

  /** Lines of a block cut at the names, or entries, of its first level. */
  const cut = (text: string, offset: number, path: Path): Child[] => {
    const children: Child[] = [];
    let base = 0;
    /** Blanks before the first line below the name that is under way. */
    let inner: number | undefined;
    let at = offset;
    for (const line of text.split('\n')) {
      const lineOffset = at;
      at += line.length + 1;
      const last = children.at(-1);
      const border = /^(---|\.\.\.)\s*(#.*)?$/.test(line);
      if (border || /^\s*(#.*)?$/.test(line)) {
        if (last) last.text += `\n${border ? ' '.repeat(line.length) : line}`;
        continue;
      }
      const indent = /^\s*/.exec(line)![0].length;
      const name = HEADER.exec(line)?.[3];
      if (!last) base = indent;
      const item = /^\s*-(\s|$)/.test(line);
      // a part of the file that stands a little too far right would belong to the part before it
      const strayed = path.length === 0 && name !== undefined && names.includes(name) && inner !== undefined && indent < inner;
      // a list may begin below its name without blanks
      const belongs =
        last && !strayed && (indent > last.indent ? indent > base || last.indent < base : item && !last.item && indent === last.indent);
      if (belongs) {
        last.text += `\n${line}`;
        inner ??= indent;
        continue;
      }
      if (last && indent !== base)
        tell(
          name === undefined ? path : [...path, name],
          lineOffset,
          'the line does not begin below the others of its part; it was read as one of them. Correct its blanks',
        );
      children.push({ text: line, offset: lineOffset, name, item, indent });
      inner = undefined;
    }
    return children;
  };

  const readBlock = (text: string, offset: number, path: Path, only?: readonly string[]): unknown => {
    const whole = parse(text, offset, path);
    const wanted =
      path.length > 0 || ('value' in whole && (whole.value === null || (typeof whole.value === 'object' && !Array.isArray(whole.value))));
    if ('value' in whole && wanted) return whole.value;
    const children = path.length < MAX_DEPTH ? cut(text, offset, path) : [];
    if (path.length === 0 && 'error' in whole && !('code' in whole.error)) tell([], 0, `it cannot be unfolded: ${whole.error.message}`);
    if (children.length > 0 && children.every((c) => c.item) && path.length > 0) {
      return children.flatMap((child, i) => {
        const inner = child.text.replace(/^(\s*)-/, '$1 ');
        const alone = readBlock(inner, child.offset, [...path, i]);
        return alone === undefined ? [] : [alone];
      });
    }
    const named = children.filter((c) => c.name !== undefined);
    if (path.length === 0 && named.length === 0 && !children.some((c) => /^\w+\s*[:=]/.test(c.text))) {
      tell([], children[0]?.offset ?? 0, 'expected settings as "name: value" lines');
      return undefined;
    }
    if (named.length === 0 && path.length > 0) {
      if ('error' in whole) tell(path, offsetOf(whole.error, offset), wordsFor(whole.error, text));
      return undefined;
    }
    const result: Record<string, unknown> = {};
    for (const child of children) {
      if (child.name === undefined) {
        nameless(child, path, result);
        continue;
      }
      if (only && !only.includes(child.name)) continue;
      const value = readChild({ ...child, name: child.name }, path);
      if (value === undefined) {
        broken.add(JSON.stringify([...path, child.name]));
        continue;
      }
      if (Object.hasOwn(result, child.name)) {
        tell([...path, child.name], child.offset, 'this name stands twice; both were read as one. Put them together');
        result[child.name] = joined(result[child.name], value);
      } else Object.defineProperty(result, child.name, { value, enumerable: true, writable: true, configurable: true });
    }
    return result;
  };

  /** A name with what stands below it. */
  const readChild = (child: { text: string; offset: number; name: string }, path: Path): unknown => {
    const { text, offset, name } = child;
    const alone = parse(text, offset, path);
    if ('value' in alone) return (alone.value as Record<string, unknown> | null)?.[name];
    const end = text.indexOf('\n');
    const head = end < 0 ? text : text.slice(0, end);
    const rest = head.replace(HEADER, '').trim();
    put([...path, name], { line: lineAt(offset) });
    const below = end < 0 ? '' : text.slice(end + 1);
    if ((rest === '' || rest.startsWith('#')) && below.trim() !== '') return readBlock(below, offset + end + 1, [...path, name]);
    if (below.trim() !== '' && !/^[[{"'|>]/.test(rest) && /\S/.test(below.replace(/^\s*#.*$/gm, ''))) {
      const first = parse(head, offset, path);
      if ('value' in first) {
        tell([...path, name], offset, 'it has a value, so nothing can stand below it. Remove one of them');
        return undefined;
      }
    }
    if (below.trim() === '') return oneLine(child, path);
    tell([...path, name], offsetOf(alone.error, offset), wordsFor(alone.error, text));
    return undefined;
  };

  /** `name: value` that the parser refuses. */
  const oneLine = ({ text, offset, name }: { text: string; offset: number; name: string | undefined }, path: Path): unknown => {
    const alone = parse(text, offset, path);
    if ('value' in alone) return (alone.value as Record<string, unknown> | null)?.[name!];
    const at: Path = [...path, name!];
    const words = wordsFor(alone.error, text);
    const raw = /^\s*["']?[\w.-]+["']?[ \t]*:[ \t]+(.*?)\s*$/.exec(text.split('\n')[0]!)?.[1];
    if (raw !== undefined && 'code' in alone.error && AS_TEXT.has(alone.error.code) && !/^["'[{]/.test(raw)) {
      const from = offset + text.indexOf(raw);
      put(at, { line: lineAt(offset), span: [from, from + raw.length] });
      tell(at, offset, `${words}. It was read as text`);
      return raw;
    }
    put(at, { line: lineAt(offset) });
    tell(at, offsetOf(alone.error, offset), words);
    return undefined;
  };

  /** A line that is no `name: value`. */
  const nameless = (child: { text: string; offset: number }, path: Path, result: Record<string, unknown>): void => {
    const line = child.text.split('\n')[0]!;
    const glued = /^(\s*)([A-Za-z_]\w*)\s*[:=]\s*(\S.*?)\s*$/.exec(line);
    if (!glued) {
      tell(path, child.offset, `expected "name: value", found ${shown(line)}`);
      return;
    }
    const [, , name, raw] = glued as unknown as [string, string, string, string];
    const from = child.offset + line.indexOf(raw, line.indexOf(name) + name.length);
    put([...path, name], { line: lineAt(child.offset), span: [from, from + raw.length] });
    tell(
      [...path, name],
      child.offset,
      `a colon and a blank are needed between name and value. It was read as "${name}: …"; correct the line`,
    );
    if (!Object.hasOwn(result, name)) result[name] = raw.replace(/^(["'])(.*)\1$/, '$2');
  };

  const offsetOf = (error: Error & { pos?: [number, number] }, offset: number) => offset + (error.pos?.[0] ?? 0);
  const wordsFor = (error: Document['errors'][number] | Error, source: string): string =>
    'code' in error ? wordsOf(error, source) : `it cannot be unfolded: ${error.message}`;

  let text = original;
  let value: unknown = {};
  if (text.length > MAX_BYTES) tell([], 0, `the file has ${text.length} characters; a gateway.yaml has ${MAX_BYTES} at most`);
  else {
    const repaired = repairText(original);
    problems.push(...repaired.problems);
    const unixLines = repaired.text.replace(/\r(?=\n|$)/g, ' ');
    text = closed(unixLines);
    if (text !== unixLines)
      tell([], 0, 'a { or [ is opened and not closed; it was read as if it ended at the end of the file. Add the missing } or ]');
    const before = problems.length;
    const first = parse(text, 0, []);
    if ('value' in first && isRecord(first.value)) value = first.value;
    else {
      problems.length = before; // what is told of the whole is told again of its parts
      const tooMuch = 'error' in first && !('code' in first.error);
      value = readBlock(text, 0, [], tooMuch ? names : undefined) ?? {};
    }
  }
  const seen = new Set<string>();
  return {
    value: value as Record<string, unknown>,
    problems: problems.filter((p) => {
      const key = `${p.line} ${p.text}`;
      return !seen.has(key) && Boolean(seen.add(key));
    }),
    lineOf(path) {
      for (let depth = path.length; depth > 0; depth--) {
        const place = places.get(JSON.stringify(path.slice(0, depth)));
        if (place) return place.line;
      }
      return undefined;
    },
    isBroken: (path) => broken.has(JSON.stringify(path)),
    commentOf: (path) => places.get(JSON.stringify(path))?.comment,
    *scalars() {
      for (const { path, span } of places.values()) if (span) yield { path, span };
    },
  };
}

/** A whole file in { } whose end is missing: with it. Other texts stay as they are. */
function closed(text: string): string {
  if (!/^\s*(#.*\n\s*)*\{/.test(text)) return text;
  const open: string[] = [];
  for (const [sign] of text.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[{}[\]]/g)) {
    if (sign === '{' || sign === '[') open.push(sign === '{' ? '}' : ']');
    else if (sign === open.at(-1)) open.pop();
  }
  return open.length > 0 && open.length <= 5 ? `${text.trimEnd()}${open.reverse().join('')}\n` : text;
}

/** Two parts of one name: names of both, entries of both; of two values the first. */
function joined(one: unknown, two: unknown): unknown {
  if (Array.isArray(one) && Array.isArray(two)) return [...one, ...two];
  if (isRecord(one) && isRecord(two)) {
    const all: Record<string, unknown> = { ...one };
    for (const [name, value] of Object.entries(two)) all[name] = name in all ? joined(all[name], value) : value;
    return all;
  }
  return one;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (line: string) =>
  JSON.stringify(
    line
      .trim()
      .slice(0, 40)
      .replace(/(pass\w*|psk|secret|token)(\W+).*/i, '$1$2…'),
  );

// Where in a plugin's source an error arose: `wordLen.ts:12:7`. Types are stripped to blanks, so lines of dropped files are right as they are;
// bundles carry a source map in their last line, and the place is that of the author's own file.
import { readFileSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { basename } from 'node:path';

const MAP = '//# sourceMappingURL=data:application/json;base64,';
/** Maps that are kept; each is as large as the plugin. */
const MAX_MAPS = 20;
const maps = (() => {
  const kept = new Map<string, { stamp: number; map: SourceMap | undefined }>();
  return (path: string): SourceMap | undefined => {
    let stamp: number;
    try {
      stamp = statSync(path).mtimeMs;
    } catch {
      return undefined; // gone meanwhile: the place in the bundle is all that is known
    }
    const known = kept.get(path);
    if (known?.stamp === stamp) return known.map;
    if (kept.size >= MAX_MAPS) kept.clear();
    const map = readMap(path);
    kept.set(path, { stamp, map });
    return map;
  };
})();

/** @param path of the plugin file, as it was loaded  @returns undefined: the error says nothing of this file */
export function placeOfError(error: unknown, path: string): string | undefined {
  const stack = (error as { stack?: unknown } | null | undefined)?.stack;
  if (typeof stack !== 'string') return undefined;
  const at = stack.indexOf(path);
  const found = at < 0 ? undefined : /^(?:\?[^:\s)]*)?:(\d+):(\d+)/.exec(stack.slice(at + path.length));
  if (!found) return undefined;
  const [line, column] = [Number(found[1]), Number(found[2])];
  const entry = maps(path)?.findEntry(line - 1, column - 1);
  if (entry && 'originalSource' in entry) return `${basename(entry.originalSource)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return `${basename(path)}:${line}:${column}`;
}

/** Lines of a stack that help the author of a plugin. */
const STACK_LINES = 6;

/** @returns undefined when there is none */
export function shortStack(stack: unknown): string | undefined {
  return typeof stack === 'string' ? stack.split('\n').slice(0, STACK_LINES).join('\n').slice(0, 1000) : undefined;
}

function readMap(path: string): SourceMap | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    const at = text.lastIndexOf(MAP);
    if (at < 0) return undefined;
    return new SourceMap(JSON.parse(Buffer.from(text.slice(at + MAP.length).trim(), 'base64').toString('utf8')) as SourceMapPayload);
  } catch {
    return undefined; // a damaged map: lines of the bundle
  }
}

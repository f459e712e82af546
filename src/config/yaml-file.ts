// Reads one YAML file into plain data and remembers the line of each key, so that a wrong value is reported where it stands.
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument, visit } from 'yaml';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';

export type YamlMap = Record<string, unknown>;

export interface YamlFile {
  readonly file: string;
  readonly text: string;
  readonly data: YamlMap;
  /** Line (from 1) of a key, given as it is written in the file; 0 when it is not there. */
  lineOf(path: readonly string[]): number;
}

interface Positioned {
  key?: { value?: unknown; range?: readonly number[] | null };
  value?: unknown;
}

/** @param like a file of probably the same content, which is then not read twice: most copies in etc are as they came, and slow boards take long
 *  @returns undefined when there is no such file
 *  @throws GatewayError CONFIG_FILE (unreadable) or CONFIG_SYNTAX (file and line) */
export function readYamlFile(file: string, like?: YamlFile): YamlFile | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('CONFIG_FILE', { file, reason: messageOf(error) }, { cause: error });
  }
  return like?.text === text ? { ...like, file } : parseYamlText(file, text);
}

/** @param file name for messages only */
export function parseYamlText(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  const bad = doc.errors[0];
  if (bad) throw new GatewayError('CONFIG_SYNTAX', { file, line: lines.linePos(bad.pos[0]).line, reason: bad.message });
  visit(doc, {
    Alias(_key, node) {
      if (node.resolve(doc) !== undefined) return;
      const line = node.range ? lines.linePos(node.range[0]).line : 1;
      const reason = `"*${node.source}" refers to "&${node.source}", which is not there; a text that begins with * needs quotes`;
      throw new GatewayError('CONFIG_SYNTAX', { file, line, reason });
    },
  });
  let data: unknown;
  try {
    // maxAliasCount: a file of a few lines must not unfold to gigabytes
    data = doc.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new GatewayError('CONFIG_SYNTAX', { file, line: 1, reason: messageOf(error) }, { cause: error });
  }
  if (typeof data !== 'object' || Array.isArray(data))
    throw new GatewayError('CONFIG_SYNTAX', { file, line: 1, reason: 'expected "key: value" lines at the top level' });
  return {
    file,
    text,
    data: data as YamlMap,
    lineOf(path) {
      let node: unknown = doc.contents;
      let line = 0;
      for (const key of path) {
        const pair = (node as { items?: Positioned[] } | null)?.items?.find((p) => String(p.key?.value) === key);
        if (!pair?.key?.range) return line;
        line = lines.linePos(pair.key.range[0]!).line;
        node = pair.value;
      }
      return line;
    },
  };
}

// Where the language server has its answers from: a gateway when one answers (its streams, the columns seen, its plugins), and the files that are
// open. Without a gateway built-in functions and the files are all that is known. Used by server.ts.
import { type Completion, complete, type Diagnostic, type EditorCatalog, type Hover, hover } from '../../service/editor/index.ts';
import type { OfflineEditor } from '../../service/editor/offline.ts';
import { CliError } from '../cli-error.ts';
import type { Client } from '../client.ts';

export interface HelpSource {
  lint(sql: string): Promise<readonly Diagnostic[]>;
  format(sql: string): string;
  complete(sql: string, offset: number): Promise<Completion>;
  hover(sql: string, offset: number): Promise<Hover | undefined>;
  /** Streams and tables that a file makes are known in the others. */
  learn(file: string, text: string): void;
}

export interface HelpSourceDeps {
  /** Absent: no gateway is asked. */
  client: Pick<Client, 'json'> | undefined;
  offline: OfflineEditor;
  nowMs(): number;
  /** Told once, and again after the gateway was there. */
  away(reason: string): void;
}

/** Columns and streams are so old at most. */
const CATALOG_MS = 5_000;
/** A gateway that did not answer is not asked for so long: each keystroke would wait for it. */
const AWAY_MS = 10_000;

export function createHelpSource({ client, offline, nowMs, away }: HelpSourceDeps): HelpSource {
  let kept: { catalog: Promise<EditorCatalog>; atMs: number } | undefined;
  let askAgainAtMs = 0;
  let told = false;

  /** @returns undefined when there is no gateway, or it does not answer */
  const remote = async <T>(ask: (c: Pick<Client, 'json'>) => Promise<T>): Promise<T | undefined> => {
    if (client === undefined || nowMs() < askAgainAtMs) return undefined;
    try {
      const answer = await ask(client);
      told = false;
      return answer;
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      askAgainAtMs = nowMs() + AWAY_MS;
      kept = undefined;
      if (!told) away(error.message);
      told = true;
      return undefined;
    }
  };
  const fetched = (c: Pick<Client, 'json'>): Promise<EditorCatalog> => {
    if (kept === undefined || nowMs() - kept.atMs > CATALOG_MS)
      kept = { catalog: c.json<EditorCatalog>('GET', '/sql/catalog'), atMs: nowMs() };
    return kept.catalog;
  };
  const catalog = async (): Promise<EditorCatalog> => {
    const [own, theirs] = [await offline.catalog(), await remote(fetched)];
    if (theirs === undefined) return own;
    // what a file makes is what its author writes about
    const names = new Set(own.sources.map((s) => s.name));
    return { ...theirs, sources: [...own.sources, ...theirs.sources.filter((s) => !names.has(s.name))] };
  };
  return {
    async lint(sql) {
      const body = JSON.stringify({ sql, kind: 'script' });
      const answer = await remote((c) => c.json<{ diagnostics: Diagnostic[] }>('POST', '/sql/lint', body));
      if (answer === undefined) return offline.lint(sql, 'script');
      // a stream that another file makes is not a mistake of this one
      const made = new Set((await offline.catalog()).sources.map((s) => s.name));
      return answer.diagnostics.filter((d) => d.code !== 'PLAN_UNKNOWN_SOURCE' || !made.has(sql.slice(d.start, d.end).replaceAll('`', '')));
    },
    format: (sql) => offline.format(sql),
    complete: async (sql, offset) => complete(sql, offset, await catalog()),
    hover: async (sql, offset) => hover(sql, offset, await catalog()),
    learn: (file, text) => offline.learn(file, text),
  };
}

// What the gateway says of a SELECT or a graph while it is edited (POST /sql/lint, /rules/validate): its sentences, where each points, and a correction. Asked when typing pauses.
import { useEffect, useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Note } from '../ui.ts';

export interface Diagnostic {
  severity: 'error' | 'warning';
  message: string;
  hint: string;
  cure: string;
  start: number;
  end: number;
  fix?: { start: number; end: number; text: string };
}

export interface Verdict {
  found: Diagnostic[];
  /** Set: it could not be asked. */
  failed: string;
  checked: boolean;
}

const PAUSE_MS = 300;
const nothing: Verdict = { found: [], failed: '', checked: false };

export function useVerdict(sql: string, off: boolean): Verdict {
  const app = useApp();
  const [verdict, setVerdict] = useState<Verdict>(nothing);
  useEffect(() => {
    if (off || sql.trim() === '' || /\bFROM\s*$/i.test(sql)) {
      setVerdict(nothing);
      return;
    }
    let gone = false;
    const ask = async () => {
      try {
        const { diagnostics } = await app.api.ask<{ diagnostics: Diagnostic[] }>('POST', '/sql/lint', { sql });
        if (!gone) setVerdict({ found: diagnostics, failed: '', checked: true });
      } catch (error) {
        if (!gone) setVerdict({ ...nothing, failed: app.why(error) });
      }
    };
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [sql, off]);
  return verdict;
}

/** The line with its caret, as the command line shows it. */
export function caretOf(sql: string, { start, end }: { start: number; end: number }): string {
  const from = sql.lastIndexOf('\n', start - 1) + 1;
  const to = sql.indexOf('\n', start);
  const line = sql.slice(from, to < 0 ? undefined : to);
  return `${line}\n${' '.repeat(start - from)}${'^'.repeat(Math.max(1, Math.min(end, from + line.length) - start))}`;
}

/** What the gateway says of a graph (POST /rules/validate), when changes pause. */
export function GraphVerdict({ id, graph }: { id: string; graph: unknown }): VNode {
  const { api, t, why } = useApp();
  const text = JSON.stringify(graph);
  const [said, setSaid] = useState<{ good: boolean; sentence: string } | undefined>(undefined);
  useEffect(() => {
    let gone = false;
    const body = { id: id || 'graph', graph, actions: [] };
    const ask = () =>
      api.text('POST', '/rules/validate', body).then(
        () => !gone && setSaid({ good: true, sentence: t('graphGood') }),
        (error: unknown) => !gone && setSaid({ good: false, sentence: why(error) }),
      );
    const timer = setTimeout(() => void ask(), PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text, id]);
  return h(
    'div',
    { class: 'verdict', 'aria-live': 'polite' },
    said === undefined ? null : said.good ? h('p', { class: 'good' }, said.sentence) : h(Note, { bad: true }, said.sentence),
  );
}

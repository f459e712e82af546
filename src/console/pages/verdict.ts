// What the gateway says of a SELECT while it is typed: its sentence with the caret, and where in the text it points. Asked when typing pauses.
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { useApp } from '../app.ts';

export interface Mark {
  from: number;
  to: number;
  text: string;
  warning: boolean;
}

export interface Verdict {
  /** '' when all is well. */
  text: string;
  marks: Mark[];
  checked: boolean;
}

const PAUSE_MS = 350;

export function useVerdict(sql: string, off: boolean): Verdict {
  const app = useApp();
  const [verdict, setVerdict] = useState<Verdict>({ text: '', marks: [], checked: false });
  useEffect(() => {
    if (off || sql.trim() === '' || /\bFROM\s*$/i.test(sql)) {
      setVerdict({ text: '', marks: [], checked: false });
      return;
    }
    let gone = false;
    const timer = setTimeout(() => {
      ask(sql).then(
        (v) => !gone && setVerdict(v),
        (error: unknown) => !gone && setVerdict({ text: app.why(error), marks: [], checked: false }),
      );
    }, PAUSE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [sql, off]);
  const ask = async (text: string): Promise<Verdict> => {
    try {
      await app.api.text('POST', '/rules/validate', { id: 'internal-look', sql: text, actions: [{ nop: {} }] });
      return { text: '', marks: [], checked: true };
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 422) throw error;
      return { text: error.message, marks: marksOf(text, error.message), checked: true };
    }
  };
  return verdict;
}

/** From the caret below a line of the statement to a place in it. */
export function marksOf(sql: string, sentence: string): Mark[] {
  const lines = sentence.split('\n');
  const n = lines.findIndex((line, i) => i > 0 && /^\s*\^+\s*$/.test(line));
  if (n < 1) return [];
  const shown = lines[n - 1]!;
  const [first, last] = [lines[n]!.indexOf('^'), lines[n]!.lastIndexOf('^')];
  let at = 0;
  for (const line of sql.split('\n')) {
    if (line.trim() !== '' && shown.endsWith(line)) {
      const lead = shown.length - line.length;
      return [{ from: at + Math.max(0, first - lead), to: at + Math.max(1, last - lead + 1), text: lines[0]!, warning: false }];
    }
    at += line.length + 1;
  }
  return [];
}

// Rows as they come: of a stream, a rule, or a SELECT that is being tried. Shows the latest, counts the others; ends when the page is left.

import { useEffect, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Note } from '../ui.ts';

export type Watch =
  | { kind: 'sql'; sql: string; mockSource?: Record<string, unknown>; turn: number }
  | { kind: 'stream'; stream: string; turn: number }
  | { kind: 'rule'; rule: string; turn: number };

interface Push {
  rows: string[];
  skipped: number;
  total: number;
  end?: 'time';
}

/** On the page. */
const SHOWN = 30;

export function LiveRows({ title, watch }: { title: string; watch: Watch }): VNode {
  const app = useApp();
  const { t } = app;
  const [rows, setRows] = useState<{ n: number; text: string }[]>([]);
  const [total, setTotal] = useState(0);
  const [error, setError] = useState('');
  const [over, setOver] = useState(false);
  const [turn, setTurn] = useState(0);
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    if (paused) return;
    const controller = new AbortController();
    setError('');
    setOver(false);
    const take = (push: Push) => {
      setTotal(push.total);
      if (push.end) setOver(true);
      const first = push.total - push.rows.length;
      const fresh = push.rows.map((text, i) => ({ n: first + i, text })).reverse();
      if (fresh.length > 0) setRows((old) => [...fresh, ...old].slice(0, SHOWN));
    };
    const [path, body] =
      watch.kind === 'sql'
        ? ['/live/rows', { sql: watch.sql, ...(watch.mockSource ? { mockSource: watch.mockSource } : {}) }]
        : [`/live/rows?${watch.kind}=${enc(watch.kind === 'stream' ? watch.stream : watch.rule)}`, undefined];
    app.api
      .stream(path, body, controller.signal, (data) => take(data as Push))
      .catch((e: unknown) => {
        if (!controller.signal.aborted) setError(app.why(e));
      });
    return () => controller.abort();
  }, [watch.turn, turn, paused]);
  return h(
    'div',
    { class: 'live-rows' },
    h(
      'div',
      { class: 'row' },
      h('h3', null, title),
      h('small', { class: 'grow' }, total > 0 ? t('rowsSoFar', { n: total }) : error === '' && !over ? t('waiting') : ''),
      over
        ? h(Button, { small: true, onClick: () => setTurn((n) => n + 1) }, t('goOn'))
        : h(Button, { small: true, kind: 'quiet', onClick: () => setPaused(!paused) }, paused ? t('goOn') : t('pause')),
    ),
    error === '' ? null : h(Note, { bad: true }, h('pre', null, error)),
    over ? h(Note, null, t('watchOver')) : null,
    h(
      'ol',
      { class: 'json-rows', tabIndex: 0, 'aria-label': title },
      rows.map(({ n, text }) => h('li', { key: n }, text)),
    ),
  );
}

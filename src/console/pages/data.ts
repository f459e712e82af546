// Plots: numbers of a stream or a rule as they come, and what the historian keeps.

import { useEffect, useRef, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { linkTo, useApp, useLoad } from '../app.ts';
import { bytes } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { Card, Empty, Loaded, Note, Select, Tabs } from '../ui.ts';
import { Plot, type PlotLine } from './plot.ts';

/** Not a name that a series is likely to have; a series of that name is reached over its link all the same. */
const LIVE = '*live';

interface History {
  usedBytes: number;
  maxBytes: number;
  problem: string;
  series: { series: string; fields: Record<string, { atMs: number; value: unknown }> }[];
}

export function Data({ place: [name = ''] }: { place: string[] }): VNode {
  const { t } = useApp();
  const tabs = [
    { id: '', text: t('history'), href: linkTo('data') },
    { id: LIVE, text: t('live'), href: linkTo('data', LIVE) },
  ];
  return h(
    'div',
    null,
    h('header', { class: 'page' }, h('h1', null, t('data'))),
    h(Tabs, { items: tabs, at: name === LIVE ? LIVE : '', label: t('data') }),
    name === LIVE ? h(LivePlot, {}) : h(Kept, { chosen: name }),
  );
}

function Kept({ chosen }: { chosen: string }): VNode {
  const { api, t } = useApp();
  const history = useLoad(() => api.json<History>('/history'), []);
  return h(Loaded<History>, {
    of: history,
    children: (kept: History) => {
      const at = kept.series.find((s) => s.series === chosen) ?? kept.series[0];
      return h(
        'div',
        null,
        kept.problem ? h(Note, { bad: true }, kept.problem) : null,
        at === undefined
          ? h(Card, null, h(Empty, null, t('noHistory')))
          : h(
              Card,
              null,
              h(Select, {
                label: t('series'),
                value: at.series,
                options: kept.series.map((s) => [s.series, s.series] as const),
                onChange: (s) => {
                  location.hash = linkTo('data', s);
                },
              }),
              h(Series, { name: at.series, key: at.series }),
            ),
        h('p', { class: 'dim' }, t('historyRoom', { used: bytes(kept.usedBytes), max: bytes(kept.maxBytes) })),
      );
    },
  });
}

const SPANS = ['-15m', '-1h', '-6h', '-24h', '-168h', '-720h'] as const;

interface SeriesPlot {
  detail: string;
  fields: Record<string, [atMs: number, average: number | null, ...rest: unknown[]][]>;
}

function Series({ name }: { name: string }): VNode {
  const { api, t } = useApp();
  const [from, setFrom] = useState<string>('-1h');
  const plot = useLoad(() => api.json<SeriesPlot>(`/history/${enc(name)}?from=${from}&points=400`), [name, from]);
  return h(
    'div',
    null,
    h(Select, {
      label: t('timeSpan'),
      value: from,
      onChange: setFrom,
      options: SPANS.map((s) => [s, t(`span${s}` as 'span-1h')] as const),
    }),
    h(Loaded<SeriesPlot>, {
      of: plot,
      children: ({ fields }: SeriesPlot) => {
        const numbers = Object.entries(fields).filter(([, points]) => points.length > 0);
        if (numbers.length === 0) return h(Empty, null, t('noValues'));
        const x = [...new Set(numbers.flatMap(([, points]) => points.map(([at]) => at)))].sort((a, b) => a - b);
        const lines = numbers.slice(0, 6).map(([label, points]): PlotLine => {
          const byTime = new Map(points.map(([at, average]) => [at, average]));
          return { label, values: x.map((at) => byTime.get(at) ?? null) };
        });
        return h(Plot, { x: x.map((ms) => ms / 1000), lines, turn: x.length + (x.at(-1) ?? 0) });
      },
    }),
  );
}

/** At most, of one plot. */
const POINTS = 2000;

function LivePlot(): VNode {
  const app = useApp();
  const { api, t } = app;
  const streams = useLoad(() => api.json<string[]>('/streams'), []);
  const [stream, setStream] = useState('');
  const [error, setError] = useState('');
  const [turn, setTurn] = useState(0);
  const kept = useRef<{ x: number[]; columns: Map<string, (number | null)[]> }>({ x: [], columns: new Map() });
  useEffect(() => {
    if (stream === '') return;
    kept.current = { x: [], columns: new Map() };
    setError('');
    const controller = new AbortController();
    const take = ({ rows }: { rows: string[] }) => {
      const now = Date.now() / 1000;
      for (const [i, text] of rows.entries()) add(kept.current, text, now - (rows.length - 1 - i) * (0.25 / rows.length));
      setTurn((n) => n + 1);
    };
    api
      .stream(`/live/rows?stream=${enc(stream)}`, undefined, controller.signal, (data) => take(data as { rows: string[] }))
      .catch((e: unknown) => {
        if (!controller.signal.aborted) setError(app.why(e));
      });
    return () => controller.abort();
  }, [stream]);
  const { x, columns } = kept.current;
  const names = (streams.value ?? []).filter((s) => !s.startsWith('internal_'));
  return h(
    Card,
    null,
    h(Select, {
      label: t('stream'),
      value: stream,
      onChange: setStream,
      options: [['', t('choose')] as const, ...names.map((s) => [s, s] as const)],
    }),
    error === '' ? null : h(Note, { bad: true }, error),
    stream === ''
      ? h(Empty, null, t('livePlotHint'))
      : columns.size === 0
        ? h(Empty, null, t('waiting'))
        : h(Plot, { x, lines: [...columns].slice(0, 6).map(([label, values]) => ({ label, values })), turn }),
  );
}

function add(kept: { x: number[]; columns: Map<string, (number | null)[]> }, text: string, at: number): void {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    return; // cut, or a sentence about an error
  }
  if (typeof row !== 'object' || row === null) return;
  kept.x.push(at);
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'number') continue;
    if (!kept.columns.has(name))
      kept.columns.set(
        name,
        Array.from({ length: kept.x.length - 1 }, () => null),
      );
  }
  for (const [name, values] of kept.columns) {
    const value = (row as Record<string, unknown>)[name];
    values.push(typeof value === 'number' ? value : null);
    if (values.length > POINTS) values.shift();
  }
  if (kept.x.length > POINTS) kept.x.shift();
}

// Figures of a rule over the time that the page is open: messages in, rows out, errors. The plot library is loaded here.

import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../app.ts';
import { figure, span } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { useRates } from '../rates.ts';
import { Card } from '../ui.ts';
import { Plot } from './plot.ts';

/** Ten minutes. */
const POINTS = 600;

export function RulePlot({ id }: { id: string }): VNode {
  const app = useApp();
  const { t } = app;
  const { rules, atMs } = useRates(app.rates);
  const line = rules?.get(id);
  const kept = useRef<{ x: number[]; in: number[]; out: number[]; bad: number[]; exceptions: number }>({
    x: [],
    in: [],
    out: [],
    bad: [],
    exceptions: -1,
  });
  const k = kept.current;
  if (line && k.x.at(-1) !== atMs / 1000) {
    k.x.push(atMs / 1000);
    k.in.push(line.inRate);
    k.out.push(line.outRate);
    k.bad.push(k.exceptions < 0 ? 0 : Math.max(0, line.exceptions - k.exceptions));
    k.exceptions = line.exceptions;
    if (k.x.length > POINTS) for (const list of [k.x, k.in, k.out, k.bad]) list.shift();
  }
  useEffect(() => () => void (kept.current.x.length = 0), [id]);
  return h(
    'div',
    null,
    h(
      'div',
      { class: 'tiles' },
      [
        [t('messagesIn'), line ? figure(line.recordsIn) : '–'],
        [t('rowsOut'), line ? figure(line.recordsOut) : '–'],
        [t('errors'), line ? figure(line.exceptions) : '–'],
        [t('waitingRows'), line ? figure(line.waiting) : '–'],
        [t('runsFor'), line && line.startedAtMs > 0 ? span(atMs - line.startedAtMs) : '–'],
      ].map(([label, value]) => h('div', { class: 'tile', key: label }, h('span', null, label), h('b', null, value))),
    ),
    h(
      Card,
      { title: t('perSecond') },
      h(Plot, {
        x: k.x,
        lines: [
          { label: t('in'), values: k.in },
          { label: t('out'), values: k.out },
          { label: t('errors'), values: k.bad },
        ],
        turn: atMs,
      }),
    ),
    h('p', { class: 'dim' }, t('figuresSince')),
  );
}

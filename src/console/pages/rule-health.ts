// Health of a rule: its sentences, and the way of its data step by step up to where it stops.

import { enc } from '../api.ts';
import { useApp, useLoad } from '../app.ts';
import { figure } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { useRates } from '../rates.ts';
import { Badge, Button, Card, Code, Loaded, type Tone } from '../ui.ts';
import { LiveRows } from './live-rows.ts';

interface Diag {
  ok: boolean;
  state: string;
  summary: string;
  stopsAt?: { step: string; at: string; text: string; cure: string };
  steps: {
    step: string;
    at: string;
    state: 'flows' | 'stops' | 'waits';
    in: number;
    out: number;
    failed: number;
    text: string;
    lastValue?: string;
    lastError?: string;
  }[];
  problems: string[];
  notes: string[];
}

const tones: Record<string, Tone> = { flows: 'good', stops: 'bad', waits: 'idle' };

export function RuleHealth({ id }: { id: string }): VNode {
  const app = useApp();
  const { t } = app;
  const live = useRates(app.rates).rules?.get(id);
  // looked at again when the rule's state or the number of its problems changes, and when the first rows come
  const diag = useLoad(
    () => app.api.json<Diag>(`/rules/${enc(id)}/diag`),
    [id, live?.state, live?.ok, live?.problems.length, Number(live?.recordsIn) > 0, Number(live?.recordsOut) > 0],
  );
  return h(
    'div',
    { class: 'columns wide-first' },
    h(
      Card,
      { title: t('wayOfData'), actions: h(Button, { small: true, onClick: diag.reload }, t('lookAgain')) },
      h(Loaded<Diag>, {
        of: diag,
        children: (d: Diag) =>
          h(
            'div',
            null,
            h('p', { class: `summary ${d.ok ? 'good' : 'bad'}` }, d.summary),
            h(
              'ol',
              { class: 'steps' },
              d.steps.map((s) =>
                h(
                  'li',
                  { key: `${s.step} ${s.at}`, class: s.state },
                  h(
                    'div',
                    { class: 'row' },
                    h('b', null, t(`step_${s.step}` as 'step_sink')),
                    h('span', { class: 'dim' }, s.at),
                    h(Badge, { tone: tones[s.state]! }, t(s.state)),
                  ),
                  h('p', null, s.text),
                  s.in > 0 ? h('small', null, t('stepCounts', { in: figure(s.in), out: figure(s.out), failed: figure(s.failed) })) : null,
                  s.lastValue ? h(Code, { block: true }, s.lastValue) : null,
                  s.lastError ? h('p', { class: 'bad' }, s.lastError) : null,
                ),
              ),
            ),
          ),
      }),
    ),
    h(
      'div',
      null,
      diag.value
        ? h(
            Card,
            { title: t('sentences') },
            diag.value.problems.map((p) => h('div', { class: 'problem', key: p }, h('p', null, p))),
            diag.value.notes.map((p) => h('p', { key: p, class: 'dim' }, p)),
            diag.value.problems.length + diag.value.notes.length === 0 ? h('p', { class: 'empty' }, t('nothingWrong')) : null,
          )
        : null,
      h(Card, null, h(LiveRows, { title: t('wouldSend'), watch: { kind: 'rule', rule: id, turn: 0 } })),
    ),
  );
}

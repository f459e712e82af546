// All rules, however many: found by name, tag or state, sorted, drawn only where seen. `#/rules/NAME` opens one of them.

import { useEffect, useState } from 'preact/hooks';
import { linkTo, useApp } from '../app.ts';
import { figure, span } from '../format.ts';
import { type ComponentType, h, type VNode } from '../h.ts';
import { type RuleLine, useRates } from '../rates.ts';
import { Badge, Empty, Note, Select, typedIn, VirtualList } from '../ui.ts';
import { toneOf } from './rule-state.ts';

export function Rules({ place }: { place: string[] }): VNode {
  if (place[0] === undefined) return h(RuleList, {});
  return h(RulePage, { place, key: place[0] });
}

/** The editor and what belongs to it are loaded when a rule is opened. */
function RulePage({ place }: { place: string[] }): VNode {
  const app = useApp();
  const [page, setPage] = useState<ComponentType<{ place: string[] }> | undefined>(undefined);
  const [failed, setFailed] = useState('');
  useEffect(() => {
    import('./rule.ts').then(
      (m) => setPage(() => m.Rule),
      (error: unknown) => setFailed(app.why(error)),
    );
  }, []);
  if (failed) return h(Note, { bad: true }, failed);
  return page ? h(page, { place }) : h(Empty, null, app.t('loading'));
}

type Order = 'trouble' | 'name' | 'rate' | 'errors';

function RuleList(): VNode {
  const app = useApp();
  const { t } = app;
  const { rules, error } = useRates(app.rates);
  const [words, setWords] = useState('');
  const [state, setState] = useState('all');
  const [order, setOrder] = useState<Order>('trouble');
  const all = [...(rules?.values() ?? [])];
  const found = all.filter(
    (r) => fits(r, words) && (state === 'all' || (state === 'bad' ? !r.ok && r.state !== 'stopped' : r.state === state)),
  );
  const by: Record<Order, (r: RuleLine) => number> = {
    trouble: (r) => (r.ok || r.state === 'stopped' ? 0 : 1),
    rate: (r) => r.inRate,
    errors: (r) => r.exceptions,
    name: () => 0,
  };
  found.sort((a, b) => by[order](b) - by[order](a) || (a.id < b.id ? -1 : 1));
  return h(
    'div',
    { class: 'full' },
    h(
      'header',
      { class: 'page' },
      h('h1', null, t('rules')),
      h('a', { class: 'button main', href: linkTo('rules', '*new') }, t('newRule')),
    ),
    error !== undefined ? h(Note, { bad: true }, app.why(error)) : null,
    h(
      'div',
      { class: 'filters' },
      h('input', {
        type: 'search',
        placeholder: t('findRule'),
        'aria-label': t('findRule'),
        value: words,
        onInput: (e: Event) => setWords(typedIn(e)),
      }),
      h(Select, {
        label: t('state'),
        value: state,
        onChange: setState,
        options: [
          ['all', t('all')],
          ['running', t('stateRunning')],
          ['bad', t('withProblems')],
          ['stopped', t('stateStopped')],
        ],
      }),
      h(Select, {
        label: t('order'),
        value: order,
        onChange: (v) => setOrder(v as Order),
        options: [
          ['trouble', t('orderTrouble')],
          ['name', t('orderName')],
          ['rate', t('orderRate')],
          ['errors', t('orderErrors')],
        ],
      }),
      h('small', { role: 'status' }, t('rulesShown', { n: found.length, all: all.length })),
    ),
    rules === undefined
      ? h(Empty, null, t('loading'))
      : found.length === 0
        ? h(Empty, null, all.length === 0 ? t('noRulesYet') : t('noRuleFits'))
        : h(VirtualList<RuleLine>, {
            rows: found,
            rowHeight: 56,
            keyOf: (r) => r.id,
            label: t('rules'),
            draw: (r) => h(RuleRow, { rule: r }),
          }),
  );
}

function fits(r: RuleLine, words: string): boolean {
  const text = `${r.id} ${r.name} ${r.tags.join(' ')}`.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((w) => text.includes(w));
}

function RuleRow({ rule: r }: { rule: RuleLine }): VNode {
  const { t } = useApp();
  const quiet = r.lastMessageAtMs > 0 ? t('lastMessage', { time: span(Date.now() - r.lastMessageAtMs) }) : '';
  return h(
    'a',
    { class: 'rule-row', href: linkTo('rules', r.id) },
    h(
      'span',
      { class: 'grow' },
      h('b', null, r.id),
      r.name !== r.id ? h('span', { class: 'dim' }, ` ${r.name}`) : null,
      r.tags.map((tag) => h('span', { class: 'tag', key: tag }, tag)),
      h('small', null, (!r.ok && r.problems[0]) || quiet),
    ),
    h('span', { class: 'num' }, `${figure(r.inRate)}/s`, h('small', null, t('in'))),
    h('span', { class: 'num' }, `${figure(r.outRate)}/s`, h('small', null, t('out'))),
    h('span', { class: 'num errors' }, figure(r.exceptions), h('small', null, t('errors'))),
    h(Badge, { tone: toneOf(r) }, t(stateText(r))),
  );
}

const stateText = (r: RuleLine) =>
  r.state === 'running'
    ? r.ok
      ? 'stateRunning'
      : 'withProblems'
    : r.state === 'stopped'
      ? 'stateStopped'
      : r.state.startsWith('stopped')
        ? 'stateError'
        : 'stateBetween';

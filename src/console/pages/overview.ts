// The first page: is all well, what flows, what is wrong with a button that helps, what was changed last.

import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { linkTo, useApp, useLoad, usePoll } from '../app.ts';
import { bytes, figure, moment, span } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { type RuleLine, useRates } from '../rates.ts';
import { Badge, Button, Card, Empty, Loaded, Note } from '../ui.ts';
import { FlowMap } from './flow-map.ts';

interface Info {
  version: string;
  upTimeSeconds: number;
  cpuUsage: string;
  memoryUsed: string;
  memoryTotal: string;
  safeMode?: string;
  problems?: string[];
  changes?: string[];
  notes?: string[];
}

interface Change {
  rule: string;
  version: string;
  atMs: number;
  what: 'created' | 'changed' | 'deleted';
}

/** Problems on this page; the rules page shows all. */
const MAX_SHOWN = 12;

export function Overview(): VNode {
  const app = useApp();
  const { t } = app;
  const { rules, error } = useRates(app.rates);
  const info = useLoad(() => app.api.json<Info>('/'), []);
  const changes = useLoad(() => app.api.json<Change[]>('/changes'), []);
  usePoll(info.reload, 5000);
  usePoll(changes.reload, 5000);
  const all = [...(rules?.values() ?? [])];
  const bad = all.filter((r) => !r.ok && r.state !== 'stopped');
  const running = all.filter((r) => r.state === 'running').length;
  const sum = (of: (r: RuleLine) => number) => all.reduce((n, r) => n + of(r), 0);
  const own = [...(info.value?.safeMode ? [t('safeMode', { why: info.value.safeMode })] : []), ...(info.value?.problems ?? [])];
  return h(
    'div',
    null,
    h(
      'header',
      { class: 'page' },
      h('h1', null, t('overview')),
      rules === undefined
        ? null
        : h(
            Badge,
            { tone: bad.length + own.length > 0 ? 'bad' : 'good' },
            bad.length > 0 ? t('rulesBad', { bad: bad.length, all: all.length }) : own.length > 0 ? t('gatewayBad') : t('allWell'),
          ),
    ),
    error !== undefined ? h(Note, { bad: true }, app.why(error)) : null,
    h(
      'div',
      { class: 'tiles' },
      h(Tile, { label: t('messagesIn'), value: figure(sum((r) => r.inRate)), unit: '/s' }),
      h(Tile, { label: t('rowsOut'), value: figure(sum((r) => r.outRate)), unit: '/s' }),
      h(Tile, { label: t('rulesRunning'), value: `${running}`, unit: t('ofAll', { all: all.length }) }),
      h(Tile, { label: t('errors'), value: figure(sum((r) => r.exceptions)), unit: '' }),
      info.value
        ? h(Tile, {
            label: t('memory'),
            value: bytes(Number(info.value.memoryUsed)),
            unit: t('upFor', { time: span(info.value.upTimeSeconds * 1000), cpu: info.value.cpuUsage }),
          })
        : null,
    ),
    h(
      'div',
      { class: 'columns wide-first' },
      h(Card, { title: t('whatFlows'), kind: 'map' }, h(FlowMap, { rules })),
      h(
        'div',
        null,
        h(
          Card,
          { title: t('whatIsWrong') },
          own.map((sentence) => h('div', { class: 'problem', key: sentence }, h('p', null, sentence))),
          bad.slice(0, MAX_SHOWN).map((r) => h(Problem, { rule: r, key: r.id })),
          bad.length > MAX_SHOWN ? h('p', null, h('a', { href: linkTo('rules') }, t('moreProblems', { n: bad.length - MAX_SHOWN }))) : null,
          bad.length + own.length === 0 ? h(Empty, null, all.length === 0 ? t('noRulesYet') : t('nothingWrong')) : null,
          all.length === 0 && rules !== undefined
            ? h(
                'div',
                { class: 'row' },
                h('a', { class: 'button main', href: linkTo('system', 'start') }, t('firstSteps')),
                h('a', { class: 'button', href: linkTo('rules', '*new') }, t('newRule')),
              )
            : null,
        ),
        h(
          Card,
          { title: t('lastChanges') },
          h(Loaded<Change[]>, {
            of: changes,
            children: (list: Change[]) =>
              list.length === 0
                ? h(Empty, null, t('noChanges'))
                : h(
                    'ul',
                    { class: 'plain' },
                    list
                      .slice(0, 8)
                      .map((c) =>
                        h(
                          'li',
                          { key: `${c.rule}/${c.version}` },
                          h('a', { href: linkTo('rules', c.rule, 'versions') }, c.rule),
                          ' ',
                          t(c.what),
                          h('small', null, moment(c.atMs, app.language)),
                        ),
                      ),
                  ),
          }),
        ),
      ),
    ),
  );
}

const Tile = ({ label, value, unit }: { label: string; value: string; unit: string }): VNode =>
  h('div', { class: 'tile' }, h('span', null, label), h('b', null, value), h('small', { class: unit.length > 10 ? 'long' : '' }, unit));

function Problem({ rule }: { rule: RuleLine }): VNode {
  const app = useApp();
  const { t } = app;
  const [all, setAll] = useState(false);
  const act = (what: 'start' | 'restart') => async () => {
    await app.api.text('POST', `/rules/${enc(rule.id)}/${what}`);
    app.tell(t(what === 'start' ? 'started' : 'restarted', { rule: rule.id }));
  };
  const shown = all ? rule.problems : rule.problems.slice(0, 1);
  return h(
    'div',
    { class: 'problem' },
    h('a', { href: linkTo('rules', rule.id, 'health') }, rule.id),
    shown.map((p) => h('p', { key: p }, p)),
    h(
      'div',
      { class: 'row' },
      h('a', { class: 'button small', href: linkTo('rules', rule.id, 'health') }, t('whereItStops')),
      rule.state === 'running'
        ? h(Button, { small: true, onClick: act('restart') }, t('restart'))
        : h(Button, { small: true, onClick: act('start') }, t('start')),
      rule.problems.length > 1 && !all
        ? h(Button, { small: true, kind: 'quiet', onClick: () => setAll(true) }, t('andMore', { n: rule.problems.length - 1 }))
        : null,
    ),
  );
}

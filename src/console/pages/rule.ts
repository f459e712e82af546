// One rule: edit it beside its rows, see its health, figures, versions. `#/rules/NAME/TAB`; `#/rules/*new` begins one.

import { useEffect, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { go, linkTo, useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { useRates } from '../rates.ts';
import { Badge, Button, Confirm, Loaded, Tabs } from '../ui.ts';
import { RuleEdit } from './rule-edit.ts';
import { RuleHealth } from './rule-health.ts';
import { RulePlot } from './rule-plot.ts';
import { toneOf } from './rule-state.ts';
import { RuleVersions } from './rule-versions.ts';

/** Not a name that a rule can have. */
export const NEW = '*new';

export function Rule({ place: [id = NEW, tab = ''] }: { place: string[] }): VNode {
  const app = useApp();
  const { t } = app;
  if (id === NEW)
    return h(
      'div',
      null,
      h('header', { class: 'page' }, h(Back, null), h('h1', null, t('newRule'))),
      h(RuleEdit, { id: '', stored: tab === '' ? undefined : draftFor(tab), onSaved: (name) => go('rules', name) }),
    );
  return h(Existing, { id, tab, key: id });
}

/** A rule for a stream, to begin with. */
const draftFor = (stream: string): string => JSON.stringify({ id: '', sql: `SELECT *\nFROM ${stream}`, actions: [{ log: {} }] });

const Back = (): VNode => {
  const { t } = useApp();
  return h('a', { class: 'back', href: linkTo('rules'), 'aria-label': t('allRules') }, '‹');
};

function Existing({ id, tab }: { id: string; tab: string }): VNode {
  const app = useApp();
  const { t } = app;
  const { rules } = useRates(app.rates);
  const live = rules?.get(id);
  const stored = useLoad(() => app.api.text('GET', `/rules/${enc(id)}`), [id]);
  const [asking, setAsking] = useState(false);
  useEffect(() => stored.reload(), [tab]);
  const act = (what: 'start' | 'stop' | 'restart') => async () => {
    await app.api.text('POST', `/rules/${enc(id)}/${what}`);
    app.tell(t(what === 'start' ? 'started' : what === 'stop' ? 'stopped' : 'restarted', { rule: id }));
  };
  const tabs = [
    { id: '', text: t('edit'), href: linkTo('rules', id) },
    { id: 'health', text: t('health'), href: linkTo('rules', id, 'health') },
    { id: 'figures', text: t('figures'), href: linkTo('rules', id, 'figures') },
    { id: 'versions', text: t('versions'), href: linkTo('rules', id, 'versions') },
  ];
  return h(
    'div',
    null,
    h(
      'header',
      { class: 'page' },
      h(Back, null),
      h('h1', null, id),
      live ? h(Badge, { tone: toneOf(live) }, live.state) : null,
      h(
        'div',
        { class: 'row end' },
        live?.state === 'running'
          ? h(Button, { onClick: act('stop') }, t('stop'))
          : h(Button, { kind: 'main', onClick: act('start') }, t('start')),
        live?.state === 'running' ? h(Button, { onClick: act('restart') }, t('restart')) : null,
        h(Button, { kind: 'danger', onClick: () => setAsking(true) }, t('delete')),
      ),
    ),
    h(Tabs, { items: tabs, at: tab, label: id }),
    tab === 'health'
      ? h(RuleHealth, { id })
      : tab === 'figures'
        ? h(RulePlot, { id })
        : tab === 'versions'
          ? h(RuleVersions, { id, onRestored: stored.reload })
          : h(Loaded<string>, {
              of: stored,
              children: (text: string) => h(RuleEdit, { id, stored: text, key: text, onSaved: stored.reload }),
            }),
    asking
      ? h(Confirm, {
          title: t('deleteRule', { rule: id }),
          sentence: t('deleteRuleSentence'),
          yes: t('delete'),
          onClose: () => setAsking(false),
          onYes: async () => {
            await app.api.text('DELETE', `/rules/${enc(id)}`);
            app.tell(t('deletedRule', { rule: id }));
            go('rules');
          },
        })
      : null,
  );
}

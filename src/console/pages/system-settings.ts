// Settings of the gateway: found by words, changed one by one, with what each means and when it takes effect. What the gateway refuses is not changed.

import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Loaded, Note, typedIn } from '../ui.ts';

interface Setting {
  path: string;
  value: unknown;
  default: unknown;
  place: string;
  owner: boolean;
  takesEffect: string;
  doc: string;
}

export function Settings(): VNode {
  const { api, t } = useApp();
  const settings = useLoad(() => api.json<Setting[]>('/settings'), []);
  const [words, setWords] = useState('');
  const fits = (s: Setting) =>
    words
      .toLowerCase()
      .split(/\s+/)
      .every((w) => `${s.path} ${s.doc}`.toLowerCase().includes(w));
  return h(
    Card,
    null,
    h('input', {
      type: 'search',
      placeholder: t('findSetting'),
      'aria-label': t('findSetting'),
      value: words,
      onInput: (e: Event) => setWords(typedIn(e)),
    }),
    h(Loaded<Setting[]>, {
      of: settings,
      children: (list: Setting[]) =>
        h(
          'ul',
          { class: 'settings' },
          list.filter(fits).map((s) => h(OneSetting, { setting: s, key: s.path, reload: settings.reload })),
        ),
    }),
  );
}

const shown = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function OneSetting({ setting: s, reload }: { setting: Setting; reload(): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const [text, setText] = useState<string | undefined>(undefined);
  const [refused, setRefused] = useState('');
  const save = async (value: unknown) => {
    setRefused('');
    try {
      await api.text('PUT', `/settings/${enc(s.path)}`, { value });
      app.tell(s.takesEffect === 'now' ? t('settingNow', { setting: s.path }) : t('settingLater', { setting: s.path }));
      setText(undefined);
      reload();
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  const back = async () => {
    await api.text('DELETE', `/settings/${enc(s.path)}`);
    reload();
  };
  return h(
    'li',
    null,
    h('div', { class: 'grow' }, h('b', null, s.path), h('p', { class: 'dim' }, s.doc)),
    text === undefined
      ? h(
          'div',
          { class: 'row' },
          h('code', null, shown(s.value) || '–'),
          typeof s.value === 'boolean'
            ? h(Button, { small: true, onClick: () => save(!s.value), title: s.path }, s.value ? t('turnOff') : t('turnOn'))
            : h(Button, { small: true, onClick: () => setText(shown(s.value)), title: s.path }, t('change')),
          s.owner ? h(Button, { small: true, kind: 'quiet', onClick: back, title: s.path }, t('backToDefault')) : null,
        )
      : h(
          'div',
          { class: 'row' },
          h('input', { value: text, 'aria-label': s.path, onInput: (e: Event) => setText(typedIn(e)) }),
          h(Button, { small: true, kind: 'main', onClick: () => save(typedValue(text, s)) }, t('save')),
          h(Button, { small: true, onClick: () => setText(undefined) }, t('cancel')),
        ),
    refused === '' ? null : h(Note, { bad: true }, refused),
  );
}

/** A number where a number stood; lists and objects as JSON; the rest as it is written. */
function typedValue(text: string, s: Setting): unknown {
  if (typeof (s.value ?? s.default) === 'string') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // the gateway says what it wants instead
  }
}

// Who may call: tokens with their roles, made here and shown once; whether a token is asked for at all.

import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Code, Confirm, Empty, Input, Loaded, Note, Select } from '../ui.ts';

export function Access(): VNode {
  const app = useApp();
  const { api, t } = app;
  const tokens = useLoad(() => api.json<{ name: string; role: string }[]>('/auth/tokens'), []);
  const asked = useLoad(() => api.json<{ value: boolean }>('/settings/basic.authentication'), []);
  const [removing, setRemoving] = useState('');
  return h(
    'div',
    { class: 'columns' },
    h(
      Card,
      { title: t('tokens') },
      asked.value ? h(Note, null, asked.value.value ? t('tokenAsked') : t('tokenNotAsked')) : null,
      h(Loaded<{ name: string; role: string }[]>, {
        of: tokens,
        children: (list: { name: string; role: string }[]) =>
          list.length === 0
            ? h(Empty, null, t('noTokens'))
            : h(
                'table',
                null,
                h(
                  'thead',
                  null,
                  h(
                    'tr',
                    null,
                    [t('name'), t('role'), ''].map((text, i) =>
                      text === '' ? h('td', { key: i }) : h('th', { scope: 'col', key: i }, text),
                    ),
                  ),
                ),
                h(
                  'tbody',
                  null,
                  list.map((k) =>
                    h(
                      'tr',
                      { key: k.name },
                      h('td', null, h('b', null, k.name)),
                      h('td', null, k.role),
                      h(
                        'td',
                        null,
                        h(Button, { small: true, kind: 'danger', onClick: () => setRemoving(k.name), title: k.name }, t('remove')),
                      ),
                    ),
                  ),
                ),
              ),
      }),
    ),
    h(NewToken, { onMade: tokens.reload }),
    removing === ''
      ? null
      : h(Confirm, {
          title: t('removeToken', { name: removing }),
          sentence: t('removeTokenSentence'),
          yes: t('remove'),
          onClose: () => setRemoving(''),
          onYes: async () => {
            await api.text('DELETE', `/auth/tokens/${enc(removing)}`);
            tokens.reload();
          },
        }),
  );
}

export function NewToken({ onMade, role: first = 'viewer' }: { onMade(token: string): void; role?: string }): VNode {
  const app = useApp();
  const { api, t } = app;
  const [name, setName] = useState('');
  const [role, setRole] = useState(first);
  const [made, setMade] = useState<{ name: string; token: string } | undefined>(undefined);
  const make = async () => {
    const answer = await api.ask<{ name: string; token: string }>('POST', '/auth/tokens', { name, role });
    setMade(answer);
    setName('');
    onMade(answer.token);
  };
  return h(
    Card,
    { title: t('newToken') },
    h(Input, { label: t('name'), value: name, onInput: setName, placeholder: 'workshop' }),
    h(Select, {
      label: t('role'),
      value: role,
      onChange: setRole,
      options: [
        ['viewer', t('roleViewer')],
        ['admin', t('roleAdmin')],
      ],
    }),
    h(Button, { kind: 'main', onClick: make, disabled: name.trim() === '' }, t('make')),
    made ? h(Note, null, t('tokenOnce', { name: made.name }), h(Code, { block: true }, made.token)) : null,
  );
}

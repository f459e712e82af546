// Asks for the token, when the gateway does. It stays in this tab.

import { useState } from 'preact/hooks';
import { useApp } from './app.ts';
import { h, type VNode } from './h.ts';
import { Input, Note } from './ui.ts';

export function Login({ reason, onToken }: { reason: string; onToken(token: string): void }): VNode {
  const app = useApp();
  const [token, setToken] = useState('');
  return h(
    'main',
    { class: 'login' },
    h(
      'form',
      {
        class: 'card',
        onSubmit: (e: Event) => {
          e.preventDefault();
          if (token.trim() !== '') onToken(token.trim());
        },
      },
      h('img', { src: '/console/icon.svg', alt: '', width: 48, height: 48 }),
      h('h1', null, 'Kuiper Gateway'),
      reason === '' ? null : h(Note, { bad: true }, app.t('tokenRefused', { reason })),
      h(Input, {
        label: app.t('token'),
        type: 'password',
        value: token,
        onInput: setToken,
        hint: app.t('tokenHint'),
        autocomplete: 'current-password',
      }),
      h('button', { type: 'submit', class: 'button main' }, app.t('enter')),
    ),
  );
}

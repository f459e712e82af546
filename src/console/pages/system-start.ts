// First steps on a new gateway: a broker that answers, the time zone, a token. Each step is tried before it is kept, and each can be left out.

import { useState } from 'preact/hooks';
import { linkTo, useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Input, Note } from '../ui.ts';
import { NewToken } from './system-access.ts';

export function FirstSteps(): VNode {
  return h('div', null, h(Broker, {}), h(TimeZone, {}), h(TokenStep, {}), h(Next, {}));
}

function Broker(): VNode {
  const app = useApp();
  const { api, t } = app;
  const keys = useLoad(() => api.json<Record<string, Record<string, unknown>>>('/metadata/sources/yaml/mqtt'), []);
  const [server, setServer] = useState<string | undefined>(undefined);
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [refused, setRefused] = useState('');
  const [done, setDone] = useState(false);
  const now = server ?? String(keys.value?.['default']?.['server'] ?? 'tcp://127.0.0.1:1883');
  const props = { server: now, ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
  const keep = async () => {
    setRefused('');
    setDone(false);
    try {
      await api.text('POST', '/metadata/sources/connection/mqtt', { ...props, datasource: 'kuiper/first-steps' });
      await api.text('PUT', '/metadata/sources/mqtt/confKeys/default', { ...keys.value?.['default'], ...props });
      setDone(true);
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: `1. ${t('broker')}` },
    h(Input, { label: t('address'), value: now, onInput: setServer, hint: t('brokerHint') }),
    h(Input, { label: t('user'), value: username, onInput: setUsername }),
    h(Input, { label: t('password'), type: 'password', value: password, onInput: setPassword, autocomplete: 'new-password' }),
    refused === '' ? null : h(Note, { bad: true }, refused),
    done ? h('p', { class: 'good', role: 'status' }, t('brokerAnswers')) : null,
    h(Button, { kind: 'main', onClick: keep }, t('tryAndKeep')),
  );
}

function TimeZone(): VNode {
  const app = useApp();
  const { api, t } = app;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const setting = useLoad(() => api.json<{ value: string }>('/settings/basic.timezone'), []);
  const [zone, setZone] = useState(here);
  const keep = async () => {
    await api.text('PUT', '/settings/basic.timezone', { value: zone });
    app.tell(t('settingLater', { setting: 'basic.timezone' }));
    setting.reload();
  };
  return h(
    Card,
    { title: `2. ${t('timeZone')}` },
    h('p', { class: 'dim' }, t('timeZoneNow', { zone: setting.value?.value ?? '…' })),
    h(Input, { label: t('timeZone'), value: zone, onInput: setZone, hint: t('timeZoneHint') }),
    h(Button, { kind: 'main', onClick: keep }, t('save')),
  );
}

function TokenStep(): VNode {
  const app = useApp();
  const { api, t } = app;
  const [made, setMade] = useState('');
  const tokens = useLoad(() => api.json<{ role: string }[]>('/auth/tokens'), []);
  const protect = async () => {
    await api.text('PUT', '/settings/basic.authentication', { value: true });
    // this tab goes on with the token that was just made
    if (made !== '') api.setToken(made);
    app.tell(t('tokenAsked'));
  };
  const ready = made !== '' || (tokens.value?.some((k) => k.role === 'admin') ?? false);
  return h(
    'div',
    null,
    h(
      Card,
      { title: `3. ${t('token')}` },
      h('p', { class: 'dim' }, t('tokenStepHint')),
      h(Button, { kind: 'main', onClick: protect, disabled: !ready }, t('askForToken')),
    ),
    h(NewToken, { role: 'admin', onMade: setMade }),
  );
}

function Next(): VNode {
  const { t } = useApp();
  return h(
    Card,
    { title: `4. ${t('streams')}` },
    h('p', { class: 'dim' }, t('nextHint')),
    h(
      'div',
      { class: 'row' },
      h('a', { class: 'button main', href: linkTo('sources', '*topics') }, t('lookAtTopics')),
      h('a', { class: 'button', href: linkTo('plugins') }, t('plugins')),
    ),
  );
}

// Users of the device's own MQTT listener, with what each may publish and subscribe.
import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Confirm, Empty, Input, Loaded, Note } from '../ui.ts';

interface User {
  name: string;
  publish: string[];
  subscribe: string[];
}

export function MqttUsers(): VNode {
  const app = useApp();
  const { api, t } = app;
  const users = useLoad(() => api.json<User[]>('/mqtt/users'), []);
  const [draft, setDraft] = useState<User>({ name: '', publish: [], subscribe: [] });
  const [removing, setRemoving] = useState('');
  return h(
    'div',
    { class: 'columns' },
    h(
      Card,
      { title: t('mqttUsers') },
      h('p', { class: 'dim' }, t('mqttUsersHint')),
      h(Loaded<User[]>, {
        of: users,
        children: (list: User[]) =>
          list.length === 0
            ? h(Empty, null, t('noMqttUsers'))
            : h(
                'ul',
                { class: 'settings' },
                list.map((u) =>
                  h(
                    'li',
                    { key: u.name },
                    h(
                      'div',
                      { class: 'grow' },
                      h('b', null, u.name),
                      h('p', { class: 'dim' }, `${t('mayPublish')}: ${u.publish.join(', ') || '–'}`),
                      h('p', { class: 'dim' }, `${t('maySubscribe')}: ${u.subscribe.join(', ') || '–'}`),
                    ),
                    h(Button, { small: true, onClick: () => setDraft(u), title: u.name }, t('change')),
                    h(Button, { small: true, kind: 'danger', onClick: () => setRemoving(u.name), title: u.name }, t('remove')),
                  ),
                ),
              ),
      }),
    ),
    h(OneUser, {
      key: draft.name,
      of: draft,
      onSaved: () => {
        setDraft({ name: '', publish: [], subscribe: [] });
        users.reload();
      },
    }),
    removing === ''
      ? null
      : h(Confirm, {
          title: t('removeMqttUser', { name: removing }),
          sentence: t('removeMqttUserSentence'),
          yes: t('remove'),
          onClose: () => setRemoving(''),
          onYes: async () => {
            await api.text('DELETE', `/mqtt/users/${enc(removing)}`);
            users.reload();
          },
        }),
  );
}

const listOf = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

function OneUser({ of, onSaved }: { of: User; onSaved(): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const [name, setName] = useState(of.name);
  const [password, setPassword] = useState('');
  const [publish, setPublish] = useState(of.publish.join(' '));
  const [subscribe, setSubscribe] = useState(of.subscribe.join(' '));
  const [refused, setRefused] = useState('');
  const save = async () => {
    setRefused('');
    try {
      const body = { ...(password === '' ? {} : { password }), publish: listOf(publish), subscribe: listOf(subscribe) };
      await api.text('PUT', `/mqtt/users/${enc(name.trim())}`, body);
      app.tell(t('mqttUserSaved', { name: name.trim() }));
      setPassword('');
      onSaved();
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: of.name === '' ? t('newMqttUser') : of.name },
    of.name === '' ? h(Input, { label: t('name'), value: name, onInput: setName }) : null,
    h(Input, {
      label: t('password'),
      type: 'password',
      value: password,
      onInput: setPassword,
      autocomplete: 'new-password',
      ...(of.name === '' ? {} : { hint: t('passwordStays') }),
    }),
    h(Input, { label: t('mayPublish'), value: publish, onInput: setPublish, hint: t('filtersHint'), placeholder: 'plant/%u/#' }),
    h(Input, { label: t('maySubscribe'), value: subscribe, onInput: setSubscribe, placeholder: 'plant/%u/set' }),
    refused === '' ? null : h(Note, { bad: true }, refused),
    h(Button, { kind: 'main', onClick: save, disabled: name.trim() === '' }, t('save')),
  );
}

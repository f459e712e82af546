// The device's network: a change is tried for five minutes and takes itself back unless somebody confirms it over the changed network.
import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp, useLoad, usePoll } from '../app.ts';
import { moment, span } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { Badge, Button, Card, Input, Loaded, Note, Select, TextArea } from '../ui.ts';

interface Status {
  phase: 'steady' | 'changing' | 'trial' | 'reverting';
  id?: string;
  what?: string;
  untilMs?: number;
  refused?: { id: string; problems: string[] };
  last?: { what: string; result: 'confirmed' | 'reverted'; reason: string; atMs: number };
}

export function Network(): VNode {
  const { api } = useApp();
  const status = useLoad(() => api.json<Status>('/network'), []);
  usePoll(() => status.value && status.reload(), 1000);
  const [asked, setAsked] = useState('');
  return h(Loaded<Status>, {
    of: status,
    children: (s: Status) =>
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          h(Trial, { status: s, reload: status.reload }),
          s.refused && s.refused.id === asked ? s.refused.problems.map((p) => h(Note, { bad: true, key: p }, p)) : null,
        ),
        h(Change, {
          busy: s.phase !== 'steady',
          onAsked: (id) => {
            setAsked(id);
            status.reload();
          },
        }),
      ),
  });
}

function Trial({ status: s, reload }: { status: Status; reload(): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const answer = (verb: 'confirm' | 'revert') => async () => {
    await api.text('POST', `/network/${enc(s.id ?? '')}/${verb}`);
    reload();
  };
  return h(
    Card,
    { title: t('network') },
    h(
      'p',
      { role: 'status' },
      h(Badge, { tone: s.phase === 'steady' ? 'good' : 'warn' }, t(`network_${s.phase}`)),
      s.what ? ` ${s.what}` : '',
    ),
    s.phase === 'trial'
      ? h(
          'div',
          null,
          h('p', null, t('networkTrial', { time: span((s.untilMs ?? 0) - Date.now()) })),
          h(
            'div',
            { class: 'row' },
            h(Button, { kind: 'main', onClick: answer('confirm') }, t('networkConfirm')),
            h(Button, { kind: 'danger', onClick: answer('revert') }, t('networkRevert')),
          ),
        )
      : null,
    s.last
      ? h(
          'p',
          { class: 'dim' },
          `${t('lastChange')} ${s.last.what}: ${t(`network_${s.last.result}`)}, ${s.last.reason} (${moment(s.last.atMs, app.language)})`,
        )
      : null,
  );
}

function Change({ busy, onAsked }: { busy: boolean; onAsked(id: string): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const [way, setWay] = useState('dhcp');
  const [address, setAddress] = useState('');
  const [gateway, setGateway] = useState('');
  const [dns, setDns] = useState('');
  const [more, setMore] = useState('');
  const [refused, setRefused] = useState('');
  const send = async () => {
    setRefused('');
    try {
      const wired =
        way === 'dhcp'
          ? { address: 'dhcp' }
          : {
              address: address.trim(),
              ...(gateway.trim() === '' ? {} : { gateway: gateway.trim() }),
              ...(dns.trim() === '' ? {} : { dns: dns.split(/[\s,]+/).filter(Boolean) }),
            };
      const body = way === 'json' ? JSON.parse(more) : { network: { wired } };
      onAsked((await api.ask<{ id: string }>('PUT', '/network', body)).id);
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: t('changeNetwork') },
    h('p', { class: 'dim' }, t('networkHint')),
    h(Select, {
      label: t('wired'),
      value: way,
      onChange: setWay,
      options: [
        ['dhcp', t('wayDhcp')],
        ['fixed', t('wayFixed')],
        ['json', t('wayJson')],
      ],
    }),
    way === 'fixed'
      ? h(
          'div',
          null,
          h(Input, { label: t('addressPrefix'), value: address, onInput: setAddress, placeholder: '192.168.1.20/24' }),
          h(Input, { label: t('router'), value: gateway, onInput: setGateway, placeholder: '192.168.1.1' }),
          h(Input, { label: t('dns'), value: dns, onInput: setDns, placeholder: '192.168.1.1 9.9.9.9' }),
        )
      : null,
    way === 'json'
      ? h(TextArea, {
          label: t('networkJson'),
          rows: [8, 8],
          value: more,
          placeholder: '{"network": {"wired": {"address": "dhcp"}}, "firewall": {"allow": [{"port": 1883}]}}',
          onInput: setMore,
        })
      : null,
    refused === '' ? null : h(Note, { bad: true }, refused),
    h(
      Button,
      {
        kind: 'main',
        onClick: send,
        disabled: busy || (way === 'fixed' && address.trim() === '') || (way === 'json' && more.trim() === ''),
      },
      t('networkTry'),
    ),
  );
}

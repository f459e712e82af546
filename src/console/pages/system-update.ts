// Updates of the device's system: what runs, what is under way with its progress and reason, and the way back. Elsewhere than on the appliance it says so.
import { useState } from 'preact/hooks';
import { useApp, useLoad, usePoll } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Input, Loaded, Note } from '../ui.ts';

interface Status {
  booted: { slot: string; version: string };
  phase: string;
  version?: string;
  percent?: number;
  text: string;
  canGoBack: boolean;
  last?: { version: string; result: string; reason: string };
  problems: string[];
}

export function Update(): VNode {
  const app = useApp();
  const { api, t } = app;
  const status = useLoad(() => api.json<Status>('/system/update'), []);
  usePoll(() => status.value && status.reload(), 2000);
  const [url, setUrl] = useState('');
  const [refused, setRefused] = useState('');
  const act = (path: string, body?: unknown) => async () => {
    setRefused('');
    try {
      await api.text('POST', path, body);
      status.reload();
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: t('update') },
    h(Loaded<Status>, {
      of: status,
      children: (s: Status) =>
        h(
          'div',
          null,
          h('p', null, t('updateRuns', { version: s.booted.version, slot: s.booted.slot })),
          h('p', { role: 'status' }, h('b', null, s.phase), s.version ? ` ${s.version}` : '', ' ', s.text),
          s.percent === undefined ? null : h('progress', { max: 100, value: s.percent, 'aria-label': s.phase }),
          s.problems.map((p) => h(Note, { bad: true, key: p }, p)),
          s.last ? h('p', { class: 'dim' }, `${t('updateLast')} ${s.last.version} ${s.last.result}. ${s.last.reason}`) : null,
          h(Input, { label: t('bundleAddress'), value: url, onInput: setUrl, placeholder: 'https://' }),
          refused === '' ? null : h(Note, { bad: true }, refused),
          h(
            'div',
            { class: 'row' },
            h(Button, { kind: 'main', onClick: act('/system/update', { url }), disabled: url.trim() === '' }, t('install')),
            h(Button, { onClick: act('/system/update/confirm') }, t('updateConfirm')),
            h(Button, { onClick: act('/system/update/restart') }, t('updateRestart')),
            s.canGoBack ? h(Button, { kind: 'danger', onClick: act('/system/update/rollback') }, t('updateBack')) : null,
          ),
        ),
    }),
  );
}

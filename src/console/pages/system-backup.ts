// One file with everything, and back again: what a restore would do is shown first.

import { useRef, useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { base64Of } from '../logic/zip.ts';
import { Button, Card, Input, Note } from '../ui.ts';

interface Report {
  applied: boolean;
  items: { part: string; name: string; outcome: string; reason?: string }[];
}

/** Hands a file to the user. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function Backup(): VNode {
  const { api, t } = useApp();
  const [passphrase, setPassphrase] = useState('');
  const save = async () => {
    const body = passphrase === '' ? { withoutSecrets: true } : { passphrase };
    saveFile(`gateway-${new Date().toISOString().slice(0, 10)}.kuiperbackup`, await api.blob('POST', '/backup', body));
  };
  return h(
    'div',
    { class: 'columns' },
    h(
      Card,
      { title: t('makeBackup') },
      h('p', { class: 'dim' }, t('backupHint')),
      h(Input, {
        label: t('passphrase'),
        type: 'password',
        value: passphrase,
        onInput: setPassphrase,
        hint: t('passphraseHint'),
        autocomplete: 'new-password',
      }),
      h(Button, { kind: 'main', onClick: save }, passphrase === '' ? t('backupWithoutSecrets') : t('backupWithSecrets')),
    ),
    h(Restore, {}),
  );
}

function Restore(): VNode {
  const app = useApp();
  const { api, t } = app;
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<{ name: string; base64: string } | undefined>(undefined);
  const [passphrase, setPassphrase] = useState('');
  const [report, setReport] = useState<{ of: Report; dry: boolean } | undefined>(undefined);
  const [refused, setRefused] = useState('');
  const take = async () => {
    const given = picker.current?.files?.[0];
    if (!given) return;
    setReport(undefined);
    setRefused('');
    setFile({ name: given.name, base64: base64Of(new Uint8Array(await given.arrayBuffer())) });
  };
  const run = (dryRun: boolean) => async () => {
    setRefused('');
    try {
      const body = { backup: file!.base64, dryRun, ...(passphrase === '' ? {} : { passphrase }) };
      setReport({ of: await api.ask<Report>('POST', '/restore', body), dry: dryRun });
      if (!dryRun) app.tell(t('restoredAll'));
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: t('restore') },
    h('p', { class: 'dim' }, t('restoreHint')),
    h('input', {
      ref: picker,
      type: 'file',
      class: 'unseen',
      tabIndex: -1,
      'aria-label': t('chooseBackup'),
      accept: '.kuiperbackup',
      onChange: () => void take(),
    }),
    h(
      'div',
      { class: 'row' },
      h(Button, { onClick: () => picker.current?.click() }, t('chooseBackup')),
      file ? h('b', null, file.name) : null,
    ),
    file ? h(Input, { label: t('passphrase'), type: 'password', value: passphrase, onInput: setPassphrase, autocomplete: 'off' }) : null,
    file
      ? h(
          'div',
          { class: 'row' },
          h(Button, { onClick: run(true) }, t('restoreTry')),
          report?.dry && refused === '' ? h(Button, { kind: 'main', onClick: run(false) }, t('restoreNow')) : null,
        )
      : null,
    refused === '' ? null : h(Note, { bad: true }, h('pre', null, refused)),
    report
      ? h(
          'div',
          null,
          h('h3', null, report.dry ? t('restoreWould') : t('restoreDid')),
          h(
            'ul',
            { class: 'plain' },
            report.of.items.map((i) =>
              h(
                'li',
                { key: `${i.part} ${i.name}` },
                `${i.part} `,
                h('b', null, i.name),
                ` ${i.outcome}`,
                i.reason ? h('small', null, i.reason) : null,
              ),
            ),
          ),
        )
      : null,
  );
}

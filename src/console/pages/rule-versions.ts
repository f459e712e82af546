// What a rule was before: each change with its difference to the one before it, and a way back.

import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp, useLoad } from '../app.ts';
import { moment } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { diffOf } from '../logic/diff.ts';
import { Button, Card, Empty, Loaded } from '../ui.ts';

interface Version {
  version: string;
  atMs: number;
  what: 'before' | 'created' | 'changed' | 'deleted';
  text: string;
}

export function RuleVersions({ id, onRestored }: { id: string; onRestored(): void }): VNode {
  const app = useApp();
  const { t } = app;
  const versions = useLoad(() => app.api.json<Version[]>(`/rules/${enc(id)}/versions`), [id]);
  const [open, setOpen] = useState('');
  const restore = (version: string) => async () => {
    await app.api.text('POST', `/rules/${enc(id)}/versions/${enc(version)}/restore`);
    app.tell(t('restored', { rule: id }));
    versions.reload();
    onRestored();
  };
  return h(
    Card,
    { title: t('versions') },
    h(Loaded<Version[]>, {
      of: versions,
      children: (list: Version[]) =>
        list.length === 0
          ? h(Empty, null, t('noVersions'))
          : h(
              'ol',
              { class: 'versions' },
              list.map((v, i) =>
                h(
                  'li',
                  { key: v.version },
                  h(
                    'div',
                    { class: 'row' },
                    h('b', null, moment(v.atMs, app.language)),
                    h('span', { class: 'grow dim' }, t(v.what)),
                    i === 0
                      ? h('span', { class: 'tag' }, t('current'))
                      : h(Button, { small: true, onClick: restore(v.version) }, t('backToThis')),
                    h(
                      Button,
                      { small: true, kind: 'quiet', onClick: () => setOpen(open === v.version ? '' : v.version) },
                      open === v.version ? t('hide') : t('whatChanged'),
                    ),
                  ),
                  open === v.version ? h(Difference, { before: list[i + 1]?.text ?? '', after: v.text }) : null,
                ),
              ),
            ),
    }),
  );
}

export function Difference({ before, after }: { before: string; after: string }): VNode {
  return h(
    'pre',
    { class: 'code diff', tabIndex: 0 },
    diffOf(readable(before), readable(after)).map((line, i) =>
      h(
        'div',
        { key: i, class: line.kind },
        h('span', { class: 'sign' }, line.kind === 'new' ? '+ ' : line.kind === 'gone' ? '− ' : '  '),
        line.text,
      ),
    ),
  );
}

/** JSON in lines, with the statement as it is written. */
function readable(text: string): string {
  try {
    const { sql, ...rest } = JSON.parse(text) as Record<string, unknown>;
    return `${typeof sql === 'string' ? `${sql}\n\n` : ''}${JSON.stringify(rest, undefined, 2)}`;
  } catch {
    return text; // no JSON: as it is
  }
}

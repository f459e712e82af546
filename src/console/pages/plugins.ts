// Plugins: what there is, what failed and why, how far each is trusted; a file that is dropped on the page is installed.

import { useRef, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { linkTo, useApp, useLoad, usePoll } from '../app.ts';
import { clockTime } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { base64Of, zipOf } from '../logic/zip.ts';
import { Badge, Button, Card, Code, Confirm, Empty, Loaded, Note, Select } from '../ui.ts';

type Kind = 'functions' | 'sources' | 'sinks';
const kinds: readonly Kind[] = ['functions', 'sources', 'sinks'];

interface Plugin {
  kind: Kind;
  name: string;
  version: string;
  state: string;
  reason?: string;
  mode?: string;
  modeMeans?: string;
  versions: { version: string; file: string; state: string; reason?: string }[];
}

const toneOf = (state: string) => (state === 'running' ? 'good' : state === 'failed' || state === 'quarantined' ? 'bad' : 'idle');

export function Plugins({ place: [kind, name] }: { place: string[] }): VNode {
  const { api, t } = useApp();
  const all = useLoad(async () => {
    const lists = await Promise.all(kinds.map((k) => api.json<Omit<Plugin, 'kind'>[]>(`/plugins/${k}?details=true`)));
    return lists.flatMap((list, i) => list.map((p): Plugin => ({ ...p, kind: kinds[i]! })));
  }, []);
  usePoll(all.reload, 3000);
  const open = all.value?.find((p) => p.kind === kind && p.name === name);
  return h(
    'div',
    null,
    h(
      'header',
      { class: 'page' },
      name === undefined ? null : h('a', { class: 'back', href: linkTo('plugins'), 'aria-label': t('plugins') }, '‹'),
      h('h1', null, name ?? t('plugins')),
    ),
    name === undefined
      ? h(
          'div',
          { class: 'columns wide-first' },
          h(Card, { title: t('installed') }, h(Loaded<Plugin[]>, { of: all, children: (list: Plugin[]) => h(PluginTable, { list }) })),
          h(Drop, { onDone: all.reload }),
        )
      : open
        ? h(OnePlugin, { plugin: open, reload: all.reload, key: `${kind}/${name}` })
        : h(Empty, null, all.value ? t('noSuchPlugin') : t('loading')),
  );
}

function PluginTable({ list }: { list: Plugin[] }): VNode {
  const { t } = useApp();
  if (list.length === 0) return h(Empty, null, t('noPlugins'));
  return h(
    'div',
    { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('installed') },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          [t('name'), t('kind'), t('version'), t('state'), t('mode')].map((text) => h('th', { scope: 'col', key: text }, text)),
        ),
      ),
      h(
        'tbody',
        null,
        list.map((p) =>
          h(
            'tr',
            { key: `${p.kind}/${p.name}` },
            h('td', null, h('a', { href: linkTo('plugins', p.kind, p.name) }, p.name)),
            h('td', null, t(`kind_${p.kind}`)),
            h('td', null, p.version || '–'),
            h('td', null, h(Badge, { tone: toneOf(p.state) }, p.state), p.reason ? h('p', { class: 'bad' }, p.reason) : null),
            h('td', null, p.mode ?? '–'),
          ),
        ),
      ),
    ),
  );
}

function OnePlugin({ plugin: p, reload }: { plugin: Plugin; reload(): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const path = `/plugins/${p.kind}/${enc(p.name)}`;
  const logs = useLoad(
    () => api.json<{ number: number; atMs: number; level: string; text: string; times: number; rule?: string }[]>(`${path}/logs`),
    [path],
  );
  usePoll(logs.reload, 2000);
  const [asking, setAsking] = useState(false);
  const decide = (mode: string) => {
    api.text('PUT', `${path}/mode`, { mode: mode === '' ? null : mode }).then(reload, (error: unknown) => app.tell(app.why(error), true));
  };
  return h(
    'div',
    { class: 'columns' },
    h(
      'div',
      null,
      h(
        Card,
        { title: t('state') },
        h(Badge, { tone: toneOf(p.state) }, p.state),
        p.reason ? h(Note, { bad: true }, p.reason) : null,
        h(
          'table',
          null,
          h(
            'thead',
            null,
            h(
              'tr',
              null,
              [t('version'), t('state'), t('file')].map((text) => h('th', { scope: 'col', key: text }, text)),
            ),
          ),
          h(
            'tbody',
            null,
            p.versions.map((v) =>
              h(
                'tr',
                { key: v.file },
                h('td', null, v.version || '–'),
                h('td', null, v.state, v.reason && v.reason !== p.reason ? h('p', { class: 'bad' }, v.reason) : null),
                h('td', null, h(Code, null, v.file)),
              ),
            ),
          ),
        ),
        h(
          'div',
          { class: 'row' },
          p.versions.some((v) => v.state === 'quarantined')
            ? h(Button, { onClick: () => api.text('POST', `${path}/release`).then(reload) }, t('release'))
            : null,
          h(Button, { kind: 'danger', onClick: () => setAsking(true) }, t('remove')),
        ),
      ),
      p.mode
        ? h(
            Card,
            { title: t('trust') },
            h(Select, {
              label: t('mode'),
              value: p.mode,
              onChange: decide,
              options: [
                ['restricted', t('modeRestricted')],
                ['contained', t('modeContained')],
                ['trusted', t('modeTrusted')],
              ],
            }),
            h('p', { class: 'dim' }, p.modeMeans),
          )
        : null,
    ),
    h(
      Card,
      { title: t('logs') },
      h(Loaded<NonNullable<typeof logs.value>>, {
        of: logs,
        children: (lines) =>
          lines.length === 0
            ? h(Empty, null, t('noLogs'))
            : h(
                'ol',
                { class: 'log', tabIndex: 0, 'aria-label': t('logs') },
                lines
                  .toReversed()
                  .map((l) =>
                    h(
                      'li',
                      { key: l.number, class: l.level === 'warn' || l.level === 'error' ? 'bad' : '' },
                      h(
                        'small',
                        null,
                        clockTime(l.atMs, app.language),
                        l.rule ? [' ', h('a', { href: linkTo('rules', l.rule, 'health'), key: 'r' }, l.rule)] : null,
                        l.times > 1 ? ` × ${l.times}` : '',
                      ),
                      h('pre', null, l.text),
                    ),
                  ),
              ),
      }),
    ),
    asking
      ? h(Confirm, {
          title: t('removePlugin', { plugin: p.name }),
          sentence: t('removePluginSentence'),
          yes: t('remove'),
          onClose: () => setAsking(false),
          onYes: async () => {
            await api.text('DELETE', path);
            location.hash = linkTo('plugins');
            reload();
          },
        })
      : null,
  );
}

/** What a file exports tells its kind; the user has the last word. */
function guessKind(code: string): Kind {
  if (/\bcollect\s*[(:]/.test(code)) return 'sinks';
  if (/\bopen\s*\([^)]*\bemit\b/.test(code)) return 'sources';
  return 'functions';
}

function Drop({ onDone }: { onDone(): void }): VNode {
  const app = useApp();
  const { api, t } = app;
  const [file, setFile] = useState<{ name: string; plugin: string; content: Uint8Array } | undefined>(undefined);
  const [kind, setKind] = useState<Kind>('functions');
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState('');
  const picker = useRef<HTMLInputElement>(null);
  const take = async (given: File | undefined) => {
    if (!given) return;
    setRefused('');
    const content = new Uint8Array(await given.arrayBuffer());
    const plugin = given.name.replace(/(@.*)?\.(ts|mts|cts|js|mjs|cjs|zip)$/, '').replace(/^./, (c) => c.toLowerCase());
    if (!given.name.endsWith('.zip')) setKind(guessKind(new TextDecoder().decode(content)));
    setFile({ name: given.name, plugin, content });
  };
  const install = async () => {
    setRefused('');
    const { name, plugin, content } = file!;
    const upload = `console-${plugin.replace(/[^\w-]/g, '')}.zip`;
    try {
      const zip = name.endsWith('.zip') ? content : zipOf([{ name, content }]);
      const where = await api.text('POST', '/config/uploads', { name: upload, base64: base64Of(zip) });
      try {
        const known = await api.json<string[]>(`/plugins/${kind}`);
        const body = { name: plugin, file: `file://${where.trim()}` };
        if (known.includes(plugin)) await api.text('PUT', `/plugins/${kind}/${enc(plugin)}`, body);
        else await api.text('POST', `/plugins/${kind}`, body);
      } finally {
        await api.text('DELETE', `/config/uploads/${enc(upload)}`);
      }
      app.tell(t('pluginInstalled', { plugin }));
      setFile(undefined);
      onDone();
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    Card,
    { title: t('install') },
    h(
      'div',
      {
        class: over ? 'drop over' : 'drop',
        onDragOver: (e: DragEvent) => {
          e.preventDefault();
          setOver(true);
        },
        onDragLeave: () => setOver(false),
        onDrop: (e: DragEvent) => {
          e.preventDefault();
          setOver(false);
          void take(e.dataTransfer?.files[0]);
        },
      },
      h('p', null, t('dropHere')),
      h('input', {
        ref: picker,
        type: 'file',
        class: 'unseen',
        tabIndex: -1,
        'aria-label': t('chooseFile'),
        accept: '.ts,.mts,.cts,.js,.mjs,.cjs,.zip',
        onChange: () => void take(picker.current?.files?.[0]),
      }),
      h(Button, { onClick: () => picker.current?.click() }, t('chooseFile')),
    ),
    file
      ? h(
          'div',
          null,
          h('p', null, h('b', null, file.name)),
          h(Select, {
            label: t('kind'),
            value: kind,
            onChange: (k) => setKind(k as Kind),
            options: kinds.map((k) => [k, t(`kind_${k}`)] as const),
          }),
          h(
            'div',
            { class: 'row' },
            h(Button, { kind: 'main', onClick: install }, t('install')),
            h(Button, { kind: 'quiet', onClick: () => setFile(undefined) }, t('cancel')),
          ),
        )
      : null,
    refused === '' ? null : h(Note, { bad: true }, h('pre', null, refused)),
    h('p', { class: 'dim' }, t('installHint')),
  );
}

// The latest lines of the gateway's log, filtered by words and level, and one file with what helps others to help.

import { useRef, useState } from 'preact/hooks';
import { useApp, useLoad, usePoll } from '../app.ts';
import { clockTime } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { Button, Card, Empty, Loaded, Select, typedIn } from '../ui.ts';
import { saveFile } from './system-backup.ts';

interface Kept {
  number: number;
  line: string;
}

interface Line {
  number: number;
  atMs: number;
  level: string;
  text: string;
  more: string;
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** On the page. */
const SHOWN = 200;

export function Logs(): VNode {
  const app = useApp();
  const { api, t } = app;
  const kept = useRef<Line[]>([]);
  const [words, setWords] = useState('');
  const [level, setLevel] = useState<string>('info');
  const fresh = useLoad(async () => {
    const lines = await api.json<Kept[]>(`/logs?after=${kept.current.at(-1)?.number ?? 0}`);
    kept.current = [...kept.current, ...lines.map(lineOf)].slice(-400);
    return kept.current.length;
  }, []);
  usePoll(fresh.reload, 2000);
  const from = LEVELS.indexOf(level as 'info');
  const found = kept.current
    .filter((l) => (l.level === 'fatal' ? 3 : LEVELS.indexOf(l.level as 'info')) >= from)
    .filter((l) =>
      words
        .toLowerCase()
        .split(/\s+/)
        .every((w) => `${l.text} ${l.more}`.toLowerCase().includes(w)),
    )
    .slice(-SHOWN)
    .reverse();
  return h(
    Card,
    { title: t('logs'), actions: h(Button, { onClick: () => support(app.api), title: t('supportHint') }, t('supportBundle')) },
    h(
      'div',
      { class: 'filters' },
      h('input', {
        type: 'search',
        placeholder: t('findLog'),
        'aria-label': t('findLog'),
        value: words,
        onInput: (e: Event) => setWords(typedIn(e)),
      }),
      h(Select, { label: t('level'), value: level, onChange: setLevel, options: LEVELS.map((l) => [l, l] as const) }),
    ),
    h(Loaded<number>, {
      of: fresh,
      children: () =>
        found.length === 0
          ? h(Empty, null, t('noLogs'))
          : h(
              'ol',
              { class: 'log tall', tabIndex: 0, 'aria-label': t('logs') },
              found.map((l) =>
                h(
                  'li',
                  { key: l.number, class: l.level === 'error' || l.level === 'fatal' ? 'bad' : l.level === 'warn' ? 'warn' : '' },
                  h('small', null, clockTime(l.atMs, app.language), ' ', l.level),
                  h('pre', null, l.text),
                  l.more === '' ? null : h('small', null, l.more),
                ),
              ),
            ),
    }),
  );
}

function lineOf({ number, line }: Kept): Line {
  try {
    const { time, level, msg, ...more } = JSON.parse(line) as Record<string, unknown>;
    const rest = Object.entries(more).map(([k, v]) => `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`);
    return { number, atMs: Date.parse(String(time)), level: String(level), text: String(msg), more: rest.join(' ') };
  } catch {
    return { number, atMs: Date.now(), level: 'info', text: line, more: '' }; // a long line is cut
  }
}

/** What the gateway shows to everybody who may read, in one file; secrets are masked by the gateway. */
async function support(api: ReturnType<typeof useApp>['api']): Promise<void> {
  const paths = ['/', '/overview', '/rules', '/streamdetails', '/map', '/changes', '/connections', '/devices', '/settings', '/logs'];
  const parts = await Promise.all(
    paths.map(async (path) => [path, await api.json<unknown>(path).catch((error: unknown) => ({ failed: String(error) }))] as const),
  );
  saveFile('kuiper-support.json', new Blob([JSON.stringify(Object.fromEntries(parts), undefined, 2)], { type: 'application/json' }));
}

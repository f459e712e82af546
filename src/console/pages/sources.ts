// Where data comes from: streams, topics of the broker as messages come, serial ports and devices on lines. A stream is made from what is seen.

import { useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { go, linkTo, useApp, useLoad, usePoll } from '../app.ts';
import { span } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { Badge, Button, Card, Code, Confirm, Empty, Field, Loaded, Note, Tabs, typedIn } from '../ui.ts';
import { LiveRows } from './live-rows.ts';
import { Topics } from './topics.ts';

/** Not names that a stream can have. */
const [TOPICS, DEVICES, NEW] = ['*topics', '*devices', '*new'];

interface StreamLine {
  name: string;
  type: string;
  format: string;
}

export function Sources({ place: [name = ''] }: { place: string[] }): VNode {
  const { t } = useApp();
  const tabs = [
    { id: '', text: t('streams'), href: linkTo('sources') },
    { id: TOPICS!, text: t('topics'), href: linkTo('sources', TOPICS!) },
    { id: DEVICES!, text: t('devices'), href: linkTo('sources', DEVICES!) },
  ];
  const isTab = tabs.some((tab) => tab.id === name);
  return h(
    'div',
    null,
    h(
      'header',
      { class: 'page' },
      isTab ? null : h('a', { class: 'back', href: linkTo('sources'), 'aria-label': t('streams') }, '‹'),
      h('h1', null, isTab ? t('sources') : name === NEW ? t('newStream') : name),
      name === '' ? h('a', { class: 'button main', href: linkTo('sources', NEW!) }, t('newStream')) : null,
    ),
    isTab ? h(Tabs, { items: tabs, at: name, label: t('sources') }) : null,
    name === TOPICS
      ? h(Topics, {})
      : name === DEVICES
        ? h(Devices, {})
        : name === NEW
          ? h(NewStream, {})
          : name === ''
            ? h(StreamList, {})
            : h(OneStream, { name, key: name }),
  );
}

function StreamList(): VNode {
  const { api, t } = useApp();
  const streams = useLoad(() => api.json<StreamLine[]>('/streamdetails'), []);
  return h(Loaded<StreamLine[]>, {
    of: streams,
    children: (list: StreamLine[]) =>
      list.length === 0
        ? h(
            Card,
            null,
            h(Empty, null, t('noStreams')),
            h('div', { class: 'row' }, h('a', { class: 'button main', href: linkTo('sources', TOPICS!) }, t('lookAtTopics'))),
          )
        : h(
            Card,
            null,
            h(
              'div',
              { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('streams') },
              h(
                'table',
                null,
                h(
                  'thead',
                  null,
                  h(
                    'tr',
                    null,
                    [t('name'), t('type'), t('format')].map((text) => h('th', { scope: 'col', key: text }, text)),
                  ),
                ),
                h(
                  'tbody',
                  null,
                  list
                    .filter((s) => !s.name.startsWith('internal_'))
                    .map((s) =>
                      h(
                        'tr',
                        { key: s.name },
                        h('td', null, h('a', { href: linkTo('sources', s.name) }, s.name)),
                        h('td', null, s.type),
                        h('td', null, s.format),
                      ),
                    ),
                ),
              ),
            ),
          ),
  });
}

interface StreamFacts {
  StreamFields: { Name: string; FieldType: unknown }[] | null;
  Options: Record<string, unknown>;
}

function OneStream({ name }: { name: string }): VNode {
  const app = useApp();
  const { api, t } = app;
  const facts = useLoad(() => api.json<StreamFacts>(`/streams/${enc(name)}`), [name]);
  const map = useLoad(() => api.json<{ rules: { id: string; sources: string[] }[] }>('/map'), [name]);
  const [asking, setAsking] = useState(false);
  const readers = map.value?.rules.filter((r) => r.sources.includes(name)).map((r) => r.id) ?? [];
  return h(Loaded<StreamFacts>, {
    of: facts,
    children: ({ StreamFields, Options }: StreamFacts) =>
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          null,
          h(
            Card,
            { title: t('columns') },
            StreamFields && StreamFields.length > 0
              ? h(
                  'table',
                  null,
                  h(
                    'tbody',
                    null,
                    StreamFields.map((f) =>
                      h(
                        'tr',
                        { key: f.Name },
                        h('td', null, h('b', null, f.Name)),
                        h('td', null, typeof f.FieldType === 'string' ? f.FieldType : JSON.stringify(f.FieldType)),
                      ),
                    ),
                  ),
                )
              : h(Empty, null, t('noColumns')),
          ),
          h(
            Card,
            { title: t('options') },
            h(
              'table',
              null,
              h(
                'tbody',
                null,
                Object.entries(Options).map(([k, v]) =>
                  h('tr', { key: k }, h('td', null, k), h('td', null, h(Code, null, typeof v === 'string' ? v : JSON.stringify(v)))),
                ),
              ),
            ),
          ),
          h(
            Card,
            { title: t('readBy') },
            readers.length === 0
              ? h(Empty, null, t('nobodyReads'))
              : h(
                  'ul',
                  { class: 'plain' },
                  readers.map((r) => h('li', { key: r }, h('a', { href: linkTo('rules', r) }, r))),
                ),
            h(
              'div',
              { class: 'row' },
              h('a', { class: 'button', href: linkTo('rules', '*new', name) }, t('ruleForIt')),
              h(Button, { kind: 'danger', onClick: () => setAsking(true) }, t('drop')),
            ),
          ),
        ),
        h(Card, null, h(LiveRows, { title: t('liveRows'), watch: { kind: 'stream', stream: name, turn: 0 } })),
        asking
          ? h(Confirm, {
              title: t('dropStream', { stream: name }),
              sentence: t('dropStreamSentence'),
              yes: t('drop'),
              onClose: () => setAsking(false),
              onYes: async () => {
                await api.text('DELETE', `/streams/${enc(name)}`);
                app.tell(t('droppedStream', { stream: name }));
                go('sources');
              },
            })
          : null,
      ),
  });
}

function NewStream(): VNode {
  const app = useApp();
  const { t } = app;
  const [sql, setSql] = useState('CREATE STREAM demo () WITH (TYPE="mqtt", DATASOURCE="demo/#", FORMAT="json")');
  return h(
    Card,
    null,
    h(StatementForm, { sql, onInput: setSql }),
    h('p', { class: 'dim' }, h('a', { href: linkTo('sources', TOPICS!) }, t('orFromTopic'))),
  );
}

/** A CREATE STREAM statement and its button; the gateway's refusal stays below it. */
export function StatementForm({ sql, onInput, onMade }: { sql: string; onInput(sql: string): void; onMade?(name: string): void }): VNode {
  const app = useApp();
  const { t } = app;
  const [refused, setRefused] = useState('');
  const [told, setTold] = useState<string[]>([]);
  const create = async () => {
    setRefused('');
    try {
      const { warnings } = await app.api.send('POST', '/streams', { sql });
      setTold(warnings);
      const name = /^\s*create\s+stream\s+`?([^\s`(]+)/i.exec(sql)?.[1] ?? '';
      app.tell(t('madeStream', { stream: name }));
      if (onMade) onMade(name);
      else if (warnings.length === 0) go('sources', name);
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  return h(
    'div',
    null,
    h(Field, {
      label: t('statement'),
      children: (id: string) =>
        h('textarea', {
          id,
          rows: Math.min(16, Math.max(4, sql.split('\n').length + 1)),
          spellcheck: false,
          value: sql,
          onInput: (e: Event) => onInput(typedIn(e)),
        }),
    }),
    refused === '' ? null : h(Note, { bad: true }, h('pre', null, refused)),
    told.map((w) => h(Note, { key: w }, w)),
    h('div', { class: 'row' }, h(Button, { kind: 'main', onClick: create }, t('create'))),
  );
}

type Device =
  | { kind: 'serial'; port: string; path: string; usedBy?: string; driver?: string; product?: string }
  | {
      kind: 'bus';
      name: string;
      source: string;
      unit?: number;
      line: string;
      state: string;
      failingMs: number;
      lastReplyAtMs: number;
      replyMs?: number;
      points: { good: number; stale: number; bad: number };
      refused: Record<string, string>;
      problem: string;
    };

function Devices(): VNode {
  const { api, t } = useApp();
  const devices = useLoad(() => api.json<Device[]>('/devices'), []);
  usePoll(devices.reload, 3000);
  return h(Loaded<Device[]>, {
    of: devices,
    children: (all: Device[]) => {
      const serial = all.filter((d) => d.kind === 'serial');
      const bus = all.filter((d) => d.kind === 'bus');
      return h(
        'div',
        null,
        h(
          Card,
          { title: t('units') },
          bus.length === 0
            ? h(Empty, null, t('noUnits'))
            : h(
                'div',
                { class: 'scroll', tabIndex: 0, role: 'region', 'aria-label': t('units') },
                h(
                  'table',
                  null,
                  h(
                    'thead',
                    null,
                    h(
                      'tr',
                      null,
                      [t('name'), t('line'), t('state'), t('points'), t('lastReply')].map((text) =>
                        h('th', { scope: 'col', key: text }, text),
                      ),
                    ),
                  ),
                  h(
                    'tbody',
                    null,
                    bus.map((d) =>
                      h(
                        'tr',
                        { key: `${d.line} ${d.source} ${d.name}` },
                        h(
                          'td',
                          null,
                          h('b', null, d.name),
                          d.unit === undefined ? null : h('small', null, ` ${t('unit')} ${d.unit}`),
                          h('br', null),
                          h('a', { href: linkTo('sources', d.source) }, d.source),
                        ),
                        h('td', null, d.line),
                        h(
                          'td',
                          null,
                          h(Badge, { tone: d.state === 'answering' ? 'good' : d.state === 'unasked' ? 'idle' : 'bad' }, d.state),
                          d.problem === '' ? null : h('p', { class: 'bad' }, d.problem),
                          Object.entries(d.refused).map(([point, why]) => h('p', { key: point, class: 'warn' }, `${point}: ${why}`)),
                        ),
                        h('td', null, t('pointCounts', { good: d.points.good, stale: d.points.stale, bad: d.points.bad })),
                        h(
                          'td',
                          null,
                          d.lastReplyAtMs > 0 ? t('ago', { time: span(Date.now() - d.lastReplyAtMs) }) : '–',
                          d.replyMs === undefined ? null : h('small', null, ` ${Math.round(d.replyMs)} ms`),
                        ),
                      ),
                    ),
                  ),
                ),
              ),
        ),
        h(
          Card,
          { title: t('serialPorts') },
          serial.length === 0
            ? h(Empty, null, t('noPorts'))
            : h(
                'table',
                null,
                h(
                  'tbody',
                  null,
                  serial.map((d) =>
                    h(
                      'tr',
                      { key: d.path },
                      h('td', null, h(Code, null, d.port)),
                      h('td', null, d.product ?? d.driver ?? ''),
                      h('td', null, d.usedBy ? t('usedBy', { who: d.usedBy }) : t('free')),
                    ),
                  ),
                ),
              ),
        ),
      );
    },
  });
}

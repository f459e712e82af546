// Topics of a broker as messages come, as a tree that opens where messages are; a topic shows its last message, and a stream is made from it.

import { useEffect, useRef, useState } from 'preact/hooks';
import { go, useApp, useLoad } from '../app.ts';
import { bytes, figure, span } from '../format.ts';
import { h, type VNode } from '../h.ts';
import { createStatement, guessColumns, nameFor } from '../logic/guess-types.ts';
import { Button, Card, Code, Empty, Input, Note, Select, typedIn, VirtualList } from '../ui.ts';
import { StatementForm } from './sources.ts';

interface TopicSeen {
  topic: string;
  messages: number;
  bytes: number;
  atMs: number;
  payload: string;
  whole: boolean;
}

interface Push {
  topics: TopicSeen[];
  beyond: number;
  end?: 'time';
}

export function Topics(): VNode {
  const app = useApp();
  const { api, t } = app;
  const keys = useLoad(() => api.json<Record<string, unknown>>('/metadata/sources/yaml/mqtt'), []);
  const [filter, setFilter] = useState('#');
  const [confKey, setConfKey] = useState('default');
  const [looking, setLooking] = useState<{ filter: string; confKey: string } | undefined>(undefined);
  const [found, setFound] = useState<ReadonlyMap<string, TopicSeen>>(new Map());
  const [beyond, setBeyond] = useState(0);
  const [error, setError] = useState('');
  const [over, setOver] = useState(false);
  const [chosen, setChosen] = useState('');
  const [words, setWords] = useState('');
  useEffect(() => {
    if (!looking) return;
    const controller = new AbortController();
    setFound(new Map());
    setError('');
    setOver(false);
    const take = (push: Push) => {
      if (push.end) setOver(true);
      setBeyond(push.beyond);
      setFound((old) => {
        const next = new Map(old);
        for (const seen of push.topics) next.set(seen.topic, seen);
        return next;
      });
    };
    const body = { filter: looking.filter, ...(looking.confKey === 'default' ? {} : { confKey: looking.confKey }) };
    api
      .stream('/live/topics', body, controller.signal, (data) => take(data as Push))
      .catch((e: unknown) => {
        if (!controller.signal.aborted) setError(app.why(e));
      });
    return () => controller.abort();
  }, [looking]);
  const rows = [...found.values()]
    .filter((s) => s.topic.toLowerCase().includes(words.toLowerCase()))
    .sort((a, b) => (a.topic < b.topic ? -1 : 1));
  const one = found.get(chosen);
  return h(
    'div',
    { class: 'columns' },
    h(
      Card,
      null,
      h(
        'form',
        {
          class: 'filters',
          onSubmit: (e: Event) => {
            e.preventDefault();
            setLooking({ filter, confKey });
          },
        },
        h(Input, { label: t('filter'), value: filter, onInput: setFilter }),
        h(Select, {
          label: t('broker'),
          value: confKey,
          onChange: setConfKey,
          options: ['default', ...Object.keys(keys.value ?? {}).filter((k) => k !== 'default')].map((k) => [k, k] as const),
        }),
        looking
          ? h(Button, { onClick: () => setLooking(undefined) }, t('stopLooking'))
          : h('button', { type: 'submit', class: 'button main' }, t('look')),
      ),
      h('p', { class: 'dim' }, t('topicsHint')),
      error === '' ? null : h(Note, { bad: true }, error),
      over ? h(Note, null, t('watchOver')) : null,
      beyond > 0 ? h(Note, null, t('topicsBeyond', { n: beyond })) : null,
      found.size > 8
        ? h('input', {
            type: 'search',
            placeholder: t('findTopic'),
            'aria-label': t('findTopic'),
            value: words,
            onInput: (e: Event) => setWords(typedIn(e)),
          })
        : null,
      rows.length === 0
        ? h(Empty, null, looking ? t('noTopicsYet') : t('notLooking'))
        : h(VirtualList<TopicSeen>, {
            rows,
            rowHeight: 46,
            keyOf: (s) => s.topic,
            label: t('topics'),
            draw: (s) =>
              h(
                'button',
                { type: 'button', class: 'topic-row', 'aria-pressed': s.topic === chosen, onClick: () => setChosen(s.topic) },
                h('span', { class: 'grow' }, h('b', null, s.topic), h('small', null, s.payload)),
                h('span', { class: 'num' }, figure(s.messages), h('small', null, t('ago', { time: span(Date.now() - s.atMs) }))),
              ),
          }),
    ),
    one ? h(OneTopic, { seen: one, confKey, key: one.topic }) : null,
  );
}

function OneTopic({ seen, confKey }: { seen: TopicSeen; confKey: string }): VNode {
  const { t } = useApp();
  // the columns of all messages that were looked at, so that one without a column takes none away
  const kept = useRef<string[]>([]);
  if (seen.whole && kept.current.at(-1) !== seen.payload) kept.current = [...kept.current.slice(-19), seen.payload];
  const [sql, setSql] = useState<string | undefined>(undefined);
  const make = () => {
    const columns = guessColumns(kept.current);
    setSql(
      createStatement({
        name: nameFor(seen.topic),
        type: 'mqtt',
        datasource: seen.topic,
        format: columns === undefined ? 'binary' : 'json',
        confKey: confKey === 'default' ? '' : confKey,
        columns: columns ?? [],
      }),
    );
  };
  return h(
    'div',
    null,
    h(
      Card,
      { title: seen.topic },
      h('p', { class: 'dim' }, t('topicCounts', { n: seen.messages, size: bytes(seen.bytes) })),
      h(Code, { block: true }, pretty(seen.payload)),
      seen.whole ? null : h('p', { class: 'dim' }, t('notWhole')),
      h('p', null, h(Button, { kind: 'main', onClick: make }, t('streamFromThis'))),
    ),
    sql === undefined
      ? null
      : h(Card, { title: t('newStream') }, h(StatementForm, { sql, onInput: setSql, onMade: (name) => go('sources', name) })),
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text; // no JSON: as it is
  }
}

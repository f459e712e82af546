// Edits a rule: SQL with the gateway's own carets, actions and options as JSON, a trial on live or pasted rows, and what goes in and comes out beside it.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { emptyGraph, type Graph, graphOf } from '../logic/graph.ts';
import { sourcesIn } from '../logic/sql-tokens.ts';
import { Button, Card, Input, Note, TextArea } from '../ui.ts';
import { GraphEdit } from './graph-edit.ts';
import { LiveRows, type Watch } from './live-rows.ts';
import { SqlEditor } from './sql-editor.ts';
import { caretOf, GraphVerdict, useVerdict } from './verdict.ts';

interface Parts {
  id: string;
  sql: string;
  actions: string;
  options: string;
  tags: string;
  /** Everything else of the rule, kept as it is; of a rule made of nodes with its graph. */
  rest: Record<string, unknown>;
}

const pretty = (value: unknown): string => JSON.stringify(value, undefined, 2);

export function partsOf(text: string | undefined, id: string): Parts {
  if (text === undefined) return { id, sql: 'SELECT *\nFROM ', actions: pretty([{ log: {} }]), options: '', tags: '', rest: {} };
  const { id: own, sql, actions, options, tags, ...rest } = JSON.parse(text) as Record<string, unknown>;
  return {
    id: id || String(own ?? ''),
    sql: typeof sql === 'string' ? sql : '',
    actions: pretty(actions ?? []),
    options: options === undefined || options === null ? '' : pretty(options),
    tags: Array.isArray(tags) ? tags.join(' ') : '',
    rest,
  };
}

/** @throws SyntaxError of JSON, with the name of the field */
function ruleOf(parts: Parts, t: (key: 'actions' | 'options') => string): Record<string, unknown> {
  const read = (name: 'actions' | 'options', text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(`${t(name)}: ${String(error)}`);
    }
  };
  const tags = parts.tags.split(/[\s,]+/).filter(Boolean);
  return {
    ...parts.rest,
    id: parts.id,
    // sinks of a graph are nodes
    ...(parts.rest['graph'] === undefined ? { sql: parts.sql, actions: read('actions', parts.actions) } : {}),
    ...(parts.options.trim() === '' ? {} : { options: read('options', parts.options) }),
    ...(tags.length > 0 ? { tags } : {}),
  };
}

export function RuleEdit({ id, stored, onSaved }: { id: string; stored: string | undefined; onSaved(id: string): void }): VNode {
  const app = useApp();
  const { t } = app;
  const first = useMemo(() => partsOf(stored, id), [stored, id]);
  const [parts, setParts] = useState(first);
  const [told, setTold] = useState<string[]>([]);
  const [refused, setRefused] = useState('');
  const [watch, setWatch] = useState<Watch | undefined>(undefined);
  const [pasted, setPasted] = useState('');
  const [side, setSide] = useState<'live' | 'paste'>('live');
  const isGraph = parts.rest['graph'] !== undefined;
  const verdict = useVerdict(parts.sql, isGraph);
  const change = (next: Partial<Parts>) => setParts((p) => ({ ...p, ...next }));
  const changed = JSON.stringify(parts) !== JSON.stringify(first);
  // what is typed is lost without a question otherwise
  useEffect(() => {
    if (!changed) return;
    const ask = (e: BeforeUnloadEvent) => e.preventDefault();
    addEventListener('beforeunload', ask);
    return () => removeEventListener('beforeunload', ask);
  }, [changed]);
  const save = async () => {
    setRefused('');
    setTold([]);
    try {
      const rule = ruleOf(parts, t);
      const { warnings } = id === '' ? await app.api.send('POST', '/rules', rule) : await app.api.send('PUT', `/rules/${enc(id)}`, rule);
      setTold(warnings);
      app.tell(t('saved', { rule: parts.id }));
      onSaved(parts.id);
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  const put = (graph: Graph) => setParts((p) => ({ ...p, rest: { ...p.rest, graph } }));
  const toNodes = async () => {
    setRefused('');
    try {
      const body = { sql: parts.sql, actions: JSON.parse(parts.actions) };
      const graph = /\bFROM\s*$/i.test(parts.sql) ? emptyGraph() : (await app.api.ask<{ graph: Graph }>('POST', '/sql/graph', body)).graph;
      change({ sql: '', rest: { ...parts.rest, graph } });
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  const toSql = async () => {
    setRefused('');
    try {
      const { graph, ...rest } = parts.rest;
      const made = await app.api.ask<{ sql: string; actions: unknown }>('POST', '/sql/ofgraph', { graph });
      change({ sql: made.sql, actions: pretty(made.actions), rest });
    } catch (error) {
      setRefused(app.why(error));
    }
  };
  const sources = sourcesIn(parts.sql);
  const tryIt = () => {
    setRefused('');
    if (side === 'live') return setWatch({ kind: 'sql', sql: parts.sql, turn: Date.now() });
    try {
      const rows: unknown = JSON.parse(pasted);
      const data = Array.isArray(rows) ? rows : [rows];
      setWatch({
        kind: 'sql',
        sql: parts.sql,
        mockSource: Object.fromEntries(sources.map((s) => [s, { data, interval: 100, loop: false }])),
        turn: Date.now(),
      });
    } catch (error) {
      setRefused(t('pastedBad', { why: app.why(error) }));
    }
  };
  return h(
    'div',
    { class: isGraph ? '' : 'columns wide-first' },
    h(
      'div',
      null,
      h(
        Card,
        null,
        id === ''
          ? h(Input, {
              label: t('ruleName'),
              value: parts.id,
              onInput: (v) => change({ id: v }),
              placeholder: 'hotMachines',
              hint: t('nameHint'),
            })
          : null,
        isGraph
          ? h(GraphEdit, { graph: graphOf(parts.rest['graph']), onChange: put })
          : h(SqlEditor, { value: parts.sql, onInput: (sql) => change({ sql }), found: verdict.found, label: 'SQL' }),
        isGraph
          ? null
          : h(
              'div',
              { class: 'verdict', 'aria-live': 'polite' },
              verdict.failed !== ''
                ? h(Note, { bad: true }, verdict.failed)
                : verdict.found.length === 0
                  ? h('p', { class: 'good' }, verdict.checked ? t('sqlGood') : '\u00a0')
                  : verdict.found.map((d) =>
                      h(
                        'div',
                        { key: `${d.start} ${d.message}`, class: d.severity },
                        h('pre', null, `${d.message}\n${caretOf(parts.sql, d)}`),
                        h(
                          'div',
                          { class: 'row' },
                          h('span', { class: 'grow' }, d.hint || d.cure),
                          d.fix
                            ? h(
                                Button,
                                { small: true, onClick: () => change({ sql: fixed(parts.sql, d.fix!) }) },
                                t('correct', { text: d.fix.text }),
                              )
                            : null,
                        ),
                      ),
                    ),
            ),
        isGraph ? h(GraphVerdict, { id: parts.id, graph: parts.rest['graph'] }) : null,
        isGraph
          ? null
          : h(
              'details',
              { open: id === '' },
              h('summary', null, t('actions')),
              h(TextArea, { rows: [3, 14], label: t('actionsHint'), value: parts.actions, onInput: (actions) => change({ actions }) }),
            ),
        h(
          'details',
          null,
          h('summary', null, t('optionsAndTags')),
          h(TextArea, { rows: [3, 14], label: t('optionsHint'), value: parts.options, onInput: (options) => change({ options }) }),
          h(Input, { label: t('tags'), value: parts.tags, onInput: (tags) => change({ tags }), hint: t('tagsHint') }),
        ),
        refused === '' ? null : h(Note, { bad: true }, h('pre', null, refused)),
        told.length > 0
          ? h(
              Note,
              null,
              told.map((w) => h('p', { key: w }, w)),
            )
          : null,
        h(
          'div',
          { class: 'row' },
          h(
            Button,
            { kind: 'main', onClick: save, disabled: parts.id.trim() === '' || (id !== '' && !changed) },
            id === '' ? t('create') : t('save'),
          ),
          isGraph ? null : h(Button, { onClick: tryIt }, t('tryIt')),
          h(Button, { onClick: isGraph ? toSql : toNodes, title: t('otherForm') }, t(isGraph ? 'asSql' : 'asNodes')),
          changed && id !== '' ? h(Button, { kind: 'quiet', onClick: () => setParts(first) }, t('takeBack')) : null,
        ),
      ),
      isGraph || id === '' ? null : h(Plan, { id }),
    ),
    isGraph
      ? null
      : h(
          'div',
          null,
          h(
            Card,
            { title: t('rows') },
            h(
              'div',
              { class: 'tabs', role: 'group', 'aria-label': t('rowsFrom') },
              h('button', { type: 'button', 'aria-pressed': side === 'live', onClick: () => setSide('live') }, t('liveRows')),
              h('button', { type: 'button', 'aria-pressed': side === 'paste', onClick: () => setSide('paste') }, t('pastedRows')),
            ),
            side === 'paste'
              ? h(TextArea, {
                  rows: [3, 14],
                  label: t('pastedHint'),
                  value: pasted,
                  onInput: setPasted,
                  placeholder: '[{"temperature": 71.5, "device": "press1"}]',
                })
              : null,
            watch ? h(LiveRows, { title: t('rowsOut'), watch, key: `out${watch.turn}` }) : h('p', { class: 'empty' }, t('tryHint')),
            side === 'live' && watch
              ? sources
                  .slice(0, 2)
                  .map((s) =>
                    h(LiveRows, { title: t('rowsOf', { stream: s }), watch: { kind: 'stream', stream: s, turn: 0 }, key: `in${s}` }),
                  )
              : null,
          ),
        ),
  );
}

const fixed = (sql: string, { start, end, text }: { start: number; end: number; text: string }): string =>
  sql.slice(0, start) + text + sql.slice(end);

function Plan({ id }: { id: string }): VNode {
  const app = useApp();
  const [plan, setPlan] = useState<string | undefined>(undefined);
  const open = (e: Event) => {
    if (!(e.target as HTMLDetailsElement).open || plan !== undefined) return;
    app.api.text('GET', `/rules/${enc(id)}/explain`).then(setPlan, (error: unknown) => setPlan(app.why(error)));
  };
  return h(
    Card,
    null,
    h('details', { onToggle: open }, h('summary', null, app.t('plan')), h('pre', { class: 'code', tabIndex: 0 }, plan ?? app.t('loading'))),
  );
}

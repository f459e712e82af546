// A graph rule as nodes: seen as a picture, edited node by node with a form, all of it by keyboard, too. Every node is a button; what it does stands on it.
// Loaded when a graph is opened. The picture is made from logic/graph.ts, the forms from the gateway's own list of operators.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useApp, useLoad } from '../app.ts';
import { h, type VNode } from '../h.ts';
import {
  addNode,
  connect,
  disconnect,
  edgesOf,
  type Graph,
  type GraphNode,
  layOut,
  mayFollow,
  removeNode,
  renameNode,
  setProps,
  summaryOf,
} from '../logic/graph.ts';
import { Button, Card, Empty, Input, Select } from '../ui.ts';
import { NodeForm, type Operator } from './graph-form.ts';

const COLUMN = 196;
const ROW = 74;
const WIDTH = 160;
const HEIGHT = 52;

interface Stream {
  name: string;
  type: string;
}

export function GraphEdit({ graph, onChange }: { graph: Graph; onChange(graph: Graph): void }): VNode {
  const { api, t } = useApp();
  const [chosen, setChosen] = useState('');
  const operators = useLoad(() => api.json<Operator[]>('/metadata/operators'), []);
  const streams = useLoad(() => api.json<Stream[]>('/streamdetails'), []);
  const sinks = useLoad(() => api.json<{ name: string }[]>('/metadata/sinks'), []);
  const node = graph.nodes[chosen];
  const kinds = [
    ...(streams.value ?? []).map((s) => [`source ${s.name}`, t('addSource', { name: s.name })] as const),
    ...(operators.value ?? []).map((o) => [`operator ${o.name}`, t('addOperator', { name: o.name })] as const),
    ...(sinks.value ?? []).map((s) => [`sink ${s.name}`, t('addSink', { name: s.name })] as const),
  ];
  const add = (kind: string) => {
    const at = kind.indexOf(' ');
    const [type, nodeType] = [kind.slice(0, at) as GraphNode['type'], kind.slice(at + 1)];
    const made: GraphNode =
      type === 'source'
        ? {
            type,
            nodeType: streams.value?.find((s) => s.name === nodeType)?.type ?? 'mqtt',
            props: { sourceType: 'stream', sourceName: nodeType },
          }
        : { type, nodeType, props: {} };
    const next = addNode(graph, nodeType, made, chosen === '' ? undefined : chosen);
    onChange(next.graph);
    setChosen(next.name);
  };
  return h(
    'div',
    { class: 'field' },
    h('div', { class: 'row' }, h('b', { class: 'grow' }, t('nodes')), h(AddNode, { kinds, onAdd: add })),
    Object.keys(graph.nodes).length === 0
      ? h(Empty, null, t('noNodes'))
      : h(Picture, { graph, chosen, onChoose: (name) => setChosen(name === chosen ? '' : name) }),
    node
      ? h(OneNode, { key: chosen, graph, name: chosen, node, operators: operators.value ?? [], onChange, onChosen: setChosen })
      : h('p', { class: 'dim' }, t('chooseNode')),
  );
}

function AddNode({ kinds, onAdd }: { kinds: readonly (readonly [string, string])[]; onAdd(kind: string): void }): VNode {
  const { t } = useApp();
  return h(
    'select',
    {
      'aria-label': t('addNode'),
      value: '',
      onChange: (e: Event) => {
        const box = e.target as HTMLSelectElement;
        if (box.value !== '') onAdd(box.value);
        box.value = '';
      },
    },
    h('option', { value: '' }, t('addNode')),
    kinds.map(([value, text]) => h('option', { value, key: value }, text)),
  );
}

function Picture({ graph, chosen, onChoose }: { graph: Graph; chosen: string; onChoose(name: string): void }): VNode {
  const { t } = useApp();
  const { places, columns, rows } = useMemo(() => layOut(graph), [graph]);
  const at = new Map(places.map((p) => [p.name, { x: p.column * COLUMN + 8, y: p.row * ROW + 8 }]));
  const size = { width: columns * COLUMN, height: rows * ROW + 8 };
  return h(
    'div',
    { class: 'graph', role: 'group', 'aria-label': t('nodes') },
    h(
      'div',
      { class: 'graph-sheet', style: { width: `${size.width}px`, height: `${size.height}px` } },
      h(
        'svg',
        { width: size.width, height: size.height, 'aria-hidden': 'true' },
        edgesOf(graph).map(({ from, to, way }) => {
          const [a, b] = [at.get(from), at.get(to)];
          if (!a || !b) return null;
          const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
          const bend = (x1 + x2) / 2;
          const near = from === chosen || to === chosen;
          return h('path', {
            key: `${from} ${way} ${to}`,
            d: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`,
            class: near ? 'wire near' : 'wire',
            'stroke-width': 2,
          });
        }),
      ),
      places.map(({ name }) => {
        const node = graph.nodes[name]!;
        const { x, y } = at.get(name)!;
        const to = (graph.topo.edges[name] ?? []).flat();
        return h(
          'button',
          {
            key: name,
            type: 'button',
            class: `node ${node.type}`,
            'aria-pressed': name === chosen,
            'aria-label': [
              `${name}: ${node.nodeType} ${summaryOf(node)}`,
              ...(to.length > 0 ? [t('leadsTo', { to: to.join(', ') })] : []),
            ].join('. '),
            title: `${node.nodeType} ${summaryOf(node)}`,
            style: { left: `${x}px`, top: `${y}px`, width: `${WIDTH}px`, height: `${HEIGHT}px` },
            onClick: () => onChoose(name),
          },
          h('b', null, name),
          h('small', null, node.type === 'source' || node.nodeType !== name ? `${node.nodeType} ` : '', summaryOf(node)),
        );
      }),
    ),
  );
}

function OneNode(props: {
  graph: Graph;
  name: string;
  node: GraphNode;
  operators: readonly Operator[];
  onChange(graph: Graph): void;
  onChosen(name: string): void;
}): VNode {
  const { graph, name, node, onChange } = props;
  const { t } = useApp();
  const [own, setOwn] = useState(name);
  useEffect(() => setOwn(name), [name]);
  const cases = node.nodeType === 'switch' && Array.isArray(node.props['cases']) ? node.props['cases'] : undefined;
  const [way, setWay] = useState(0);
  const rename = () => {
    const next = renameNode(graph, name, own.trim());
    if (next === graph) return setOwn(name);
    onChange(next);
    props.onChosen(own.trim());
  };
  const next = mayFollow(graph, name);
  return h(
    Card,
    {
      kind: 'inner',
      title: `${name} (${node.nodeType})`,
      actions: h(
        Button,
        {
          small: true,
          kind: 'danger',
          onClick: () => {
            onChange(removeNode(graph, name));
            props.onChosen('');
          },
        },
        t('removeNode'),
      ),
    },
    h(
      'div',
      { class: 'row' },
      h(Input, { label: t('nodeName'), value: own, onInput: setOwn }),
      own.trim() === name ? null : h(Button, { small: true, onClick: rename, disabled: own.trim() === '' }, t('rename')),
    ),
    h(NodeForm, {
      node,
      operator: node.type === 'operator' ? props.operators.find((o) => o.name === node.nodeType) : undefined,
      onChange: (values) => onChange(setProps(graph, name, values)),
    }),
    node.type === 'sink'
      ? null
      : h(
          'div',
          null,
          h('h3', null, t('comesNext')),
          h(
            'ul',
            { class: 'plain' },
            edgesOf(graph)
              .filter((e) => e.from === name)
              .map((e) =>
                h(
                  'li',
                  { key: `${e.way} ${e.to}`, class: 'row' },
                  h('span', { class: 'grow' }, cases && e.way !== undefined ? `${String(cases[e.way] ?? '')} → ` : '', h('b', null, e.to)),
                  h(Button, { small: true, onClick: () => onChange(disconnect(graph, e)), title: t('cutEdge', { to: e.to }) }, '✕'),
                ),
              ),
          ),
          h(
            'div',
            { class: 'row' },
            cases
              ? h(Select, {
                  label: t('wayOfCase'),
                  value: String(way),
                  onChange: (v: string) => setWay(Number(v)),
                  options: cases.map((c, i) => [String(i), String(c)] as const),
                })
              : null,
            next.length === 0
              ? null
              : h(Select, {
                  label: t('leadTo'),
                  value: '',
                  onChange: (to: string) => to !== '' && onChange(connect(graph, name, to, cases ? way : undefined)),
                  options: [['', t('choose')], ...next.map((n) => [n, n] as const)],
                }),
          ),
        ),
  );
}

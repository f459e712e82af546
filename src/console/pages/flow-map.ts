// The live map: streams on the left, rules in the middle, sinks on the right; a line is as wide as its rate. Shows the rules that matter most now, so that
// the page stays small however many there are.

import { linkTo, useApp, useLoad, usePoll } from '../app.ts';
import { figure } from '../format.ts';
import { h, type VNode } from '../h.ts';
import type { RuleLine } from '../rates.ts';
import { Empty } from '../ui.ts';

interface FlowData {
  streams: { name: string; kind: string; type: string; datasource: string }[];
  rules: { id: string; sources: string[]; sinks: { type: string; target: string }[] }[];
}

/** Rules on the map. */
const MAX_RULES = 24;
const ROW = 46;
const BOX = 34;
const COLUMNS = [8, 270, 532] as const;
const WIDTH = 180;

interface Box {
  key: string;
  text: string;
  sub: string;
  rate: number;
  href?: string;
  tone?: string;
}

interface Line {
  from: string;
  to: string;
  rate: number;
}

export function FlowMap({ rules }: { rules: ReadonlyMap<string, RuleLine> | undefined }): VNode {
  const app = useApp();
  const data = useLoad(() => app.api.json<FlowData>('/map'), [rules?.size]);
  usePoll(data.reload, 5000);
  if (!data.value || !rules) return h(Empty, null, app.t('loading'));
  const { columns, lines, left } = layOut(data.value, rules, app.t('nobodyReads'));
  if (columns[1].length === 0 && columns[0].length === 0) return h(Empty, null, app.t('mapEmpty'));
  const height = Math.max(...columns.map((c) => c.length)) * ROW + 8;
  const places = new Map(
    columns.flatMap((boxes, c) => {
      const top = (height - boxes.length * ROW) / 2;
      return boxes.map((b, i) => [b.key, { x: COLUMNS[c]!, y: top + i * ROW + (ROW - BOX) / 2, box: b }] as const);
    }),
  );
  return h(
    'div',
    { class: 'flow' },
    h(
      'svg',
      { viewBox: `0 0 720 ${height}`, role: 'group', 'aria-label': app.t('whatFlows') },
      lines.map((l) => {
        const [a, b] = [places.get(l.from)!, places.get(l.to)!];
        const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + BOX / 2, b.x, b.y + BOX / 2];
        const bend = (x1 + x2) / 2;
        return h('path', {
          key: `${l.from}>${l.to}`,
          d: `M${x1} ${y1}C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`,
          class: l.rate > 0 ? 'wire live' : 'wire',
          'stroke-width': 1.5 + Math.min(5, Math.log10(1 + l.rate) * 1.6),
        });
      }),
      [...places.values()].map(({ x, y, box }) => {
        const body = [
          h('rect', { width: WIDTH, height: BOX, rx: 7 }),
          h('circle', { cx: 14, cy: BOX / 2, r: 4 }),
          h('text', { x: 26, y: 15, class: 'name' }, short(box.text, 17)),
          h('text', { x: 26, y: 27, class: 'sub' }, short(box.sub, 24)),
          h('text', { x: WIDTH - 8, y: 15, class: 'rate', 'text-anchor': 'end' }, box.rate > 0 ? `${figure(box.rate)}/s` : ''),
          h('title', null, `${box.text} ${box.sub}`),
        ];
        const at = { key: box.key, transform: `translate(${x} ${y})`, class: `box ${box.tone ?? ''}` };
        return box.href ? h('a', { ...at, href: box.href }, body) : h('g', at, body);
      }),
    ),
    left > 0 ? h('p', { class: 'empty' }, h('a', { href: linkTo('rules') }, app.t('mapMore', { n: left }))) : null,
  );
}

const short = (text: string, chars: number): string => (text.length > chars ? `${text.slice(0, chars - 1)}…` : text);

/** Rules with problems first, then by what flows. */
function layOut(data: FlowData, rules: ReadonlyMap<string, RuleLine>, nobody: string) {
  const weight = (id: string) => {
    const r = rules.get(id);
    return r ? (r.ok || r.state === 'stopped' ? 0 : 1e9) + r.inRate + (r.state === 'running' ? 0.5 : 0) : -1;
  };
  const order = data.rules.toSorted((a, b) => weight(b.id) - weight(a.id) || (a.id < b.id ? -1 : 1));
  const shown = order.slice(0, MAX_RULES).sort((a, b) => (a.id < b.id ? -1 : 1));
  const left: Box[] = [];
  const middle: Box[] = [];
  const right = new Map<string, Box>();
  const lines: Line[] = [];
  const read = new Set(shown.flatMap((r) => r.sources));
  for (const s of data.streams) {
    const isRead = read.has(s.name);
    // what is read by rules that are not shown is not shown either
    if (!isRead && (left.length >= MAX_RULES || order.length > shown.length)) continue;
    const rate = Math.max(0, ...shown.filter((r) => r.sources.includes(s.name)).map((r) => rules.get(r.id)?.inRate ?? 0));
    left.push({
      key: `s:${s.name}`,
      text: s.name,
      sub: isRead ? [s.type, s.datasource].filter(Boolean).join(' ') : nobody,
      rate,
      tone: rate > 0 ? 'good' : 'idle',
      href: linkTo('sources', s.name),
    });
  }
  for (const r of shown) {
    const live = rules.get(r.id);
    const tone = !live || live.state === 'stopped' ? 'idle' : live.ok ? 'good' : 'bad';
    middle.push({ key: `r:${r.id}`, text: r.id, sub: live?.state ?? '', rate: live?.outRate ?? 0, tone, href: linkTo('rules', r.id) });
    for (const s of new Set(r.sources))
      if (left.some((b) => b.key === `s:${s}`)) lines.push({ from: `s:${s}`, to: `r:${r.id}`, rate: live?.inRate ?? 0 });
    for (const sink of r.sinks) {
      const key = `k:${sink.type}:${sink.target}`;
      const box = right.get(key) ?? { key, text: sink.type, sub: sink.target, rate: 0, tone: 'idle' };
      const part = (live?.outRate ?? 0) / r.sinks.length;
      right.set(key, { ...box, rate: box.rate + part, tone: box.rate + part > 0 ? 'good' : box.tone! });
      if (!lines.some((l) => l.from === `r:${r.id}` && l.to === key)) lines.push({ from: `r:${r.id}`, to: key, rate: part });
    }
  }
  return { columns: [left, middle, [...right.values()]] as const, lines, left: order.length - shown.length };
}

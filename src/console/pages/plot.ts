// A plot over time (uPlot), in the colours of the theme, with its last values in words for those who cannot see it.

import { useEffect, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import { useApp } from '../app.ts';
import { figure } from '../format.ts';
import { h, type VNode } from '../h.ts';

export interface PlotLine {
  label: string;
  values: (number | null)[];
}

/** @param props.turn changes when there is something new */
export function Plot({ x, lines, turn }: { x: number[]; lines: PlotLine[]; turn: number }): VNode {
  const { t } = useApp();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | undefined>(undefined);
  const data = () => [x, ...lines.map((l) => l.values)] as UPlot.AlignedData;
  const names = lines.map((l) => l.label).join('\n');
  useEffect(() => {
    let gone = false;
    let watch: ResizeObserver | undefined;
    withStyle();
    void import('uplot').then(({ default: Library }) => {
      if (gone || !box.current) return;
      const made = new Library(optionsFor(box.current, lines), data(), box.current);
      plot.current = made;
      watch = new ResizeObserver(() => box.current && made.setSize({ width: box.current.clientWidth, height: HEIGHT }));
      watch.observe(box.current);
    });
    return () => {
      gone = true;
      watch?.disconnect();
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names]);
  useEffect(() => plot.current?.setData(data()), [turn, names]);
  return h(
    'div',
    { class: 'plot' },
    h('div', { ref: box, 'aria-hidden': 'true' }),
    h('p', { class: 'unseen' }, t('plotText'), ' ', lines.map((l) => `${l.label}: ${figure(Number(l.values.at(-1) ?? 0))}`).join(', ')),
  );
}

const HEIGHT = 260;

function withStyle(): void {
  if (document.querySelector('link[href="/console/lib/uplot.css"]')) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = '/console/lib/uplot.css';
  document.head.append(link);
}

function optionsFor(box: HTMLElement, lines: PlotLine[]): UPlot.Options {
  const style = getComputedStyle(box);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 } };
  return {
    width: box.clientWidth || 600,
    height: HEIGHT,
    cursor: { drag: { x: true, y: false } },
    scales: { y: { range: (_u, min, max) => [Math.min(0, min ?? 0), Math.max(1, (max ?? 0) * 1.1)] } },
    axes: [axis, { ...axis, size: 60 }],
    series: [
      {},
      ...lines.map((l, i) => ({
        label: l.label,
        stroke: colour(`--plot${(i % 6) + 1}`),
        width: 2,
        points: { show: false },
        spanGaps: true,
      })),
    ],
  };
}

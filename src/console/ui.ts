// The parts that pages are made of: buttons, badges, cards, tabs, dialogs, a list that draws only what is seen. Labels are always text nodes: what a
// message or a name says cannot become markup.

import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useApp } from './app.ts';
import { type ComponentChildren, h, type VNode } from './h.ts';

type Kids = ComponentChildren;

/** What was typed or chosen. */
export const typedIn = (e: Event): string => (e.target as HTMLInputElement).value;

export function Button(props: {
  children?: Kids;
  onClick(): void | Promise<void>;
  kind?: 'main' | 'quiet' | 'danger';
  disabled?: boolean;
  title?: string;
  small?: boolean;
}): VNode {
  const [busy, setBusy] = useState(false);
  const app = useApp();
  const click = () => {
    const work = props.onClick();
    if (!work) return;
    setBusy(true);
    work.catch((error: unknown) => app.tell(app.why(error), true)).finally(() => setBusy(false));
  };
  return h(
    'button',
    {
      type: 'button',
      class: `button ${props.kind ?? ''} ${props.small ? 'small' : ''}`,
      onClick: click,
      disabled: props.disabled || busy,
      title: props.title,
      'aria-busy': busy,
    },
    props.children,
  );
}

export type Tone = 'good' | 'bad' | 'warn' | 'idle';

/** A state as colour and word: never by colour alone. */
export const Badge = ({ tone, children }: { tone: Tone; children?: Kids }): VNode =>
  h('span', { class: `badge ${tone}` }, h('i', { 'aria-hidden': 'true' }), children);

export const Card = ({ title, actions, children, kind }: { title?: Kids; actions?: Kids; children?: Kids; kind?: string }): VNode =>
  h(
    'section',
    { class: `card ${kind ?? ''}` },
    title === undefined && actions === undefined ? null : h('header', null, h('h2', null, title), h('div', { class: 'row' }, actions)),
    children,
  );

export const Empty = ({ children }: { children?: Kids }): VNode => h('p', { class: 'empty' }, children);

export const Note = ({ bad, children }: { bad?: boolean; children?: Kids }): VNode =>
  h('p', { class: bad ? 'note bad' : 'note', role: bad ? 'alert' : undefined }, children);

/** Waits, fails, or shows. */
export function Loaded<T>({ of, children }: { of: { value: T | undefined; error: string }; children: (value: T) => Kids }): VNode {
  const app = useApp();
  if (of.value !== undefined) return h('div', null, of.error ? h(Note, { bad: true }, of.error) : null, children(of.value));
  return of.error ? h(Note, { bad: true }, of.error) : h('p', { class: 'empty' }, app.t('loading'));
}

export function Field(props: { label: Kids; hint?: Kids; error?: string; children: (id: string) => Kids }): VNode {
  const id = useId();
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, props.label),
    props.children(id),
    props.hint ? h('small', null, props.hint) : null,
    props.error ? h('small', { class: 'bad', role: 'alert' }, props.error) : null,
  );
}

export function Input(props: {
  label: Kids;
  value: string;
  onInput(value: string): void;
  hint?: Kids;
  error?: string;
  type?: string;
  placeholder?: string;
  autocomplete?: string;
}): VNode {
  return h(Field, {
    label: props.label,
    hint: props.hint,
    error: props.error,
    children: (id: string) =>
      h('input', {
        id,
        type: props.type ?? 'text',
        value: props.value,
        placeholder: props.placeholder,
        autocomplete: props.autocomplete ?? 'off',
        spellcheck: false,
        onInput: (e: Event) => props.onInput(typedIn(e)),
      }),
  });
}

/** Text of several lines that a program reads, as high as it is long within these bounds. */
export function TextArea(props: {
  label: Kids;
  value: string;
  onInput(value: string): void;
  rows: readonly [least: number, most: number];
  hint?: Kids;
  error?: string;
  placeholder?: string;
}): VNode {
  const [least, most] = props.rows;
  return h(Field, {
    label: props.label,
    hint: props.hint,
    error: props.error,
    children: (id: string) =>
      h('textarea', {
        id,
        class: 'json',
        rows: Math.min(most, Math.max(least, props.value.split('\n').length)),
        spellcheck: false,
        value: props.value,
        placeholder: props.placeholder,
        onInput: (e: Event) => props.onInput(typedIn(e)),
      }),
  });
}

export function Select(props: {
  label: Kids;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange(value: string): void;
}): VNode {
  return h(Field, {
    label: props.label,
    children: (id: string) =>
      h(
        'select',
        { id, value: props.value, onChange: (e: Event) => props.onChange(typedIn(e)) },
        props.options.map(([value, text]) => h('option', { value, key: value, selected: value === props.value }, text)),
      ),
  });
}

/** Tabs as links, so that a place can be kept and shared. */
export function Tabs({
  items,
  at,
  label,
}: {
  items: readonly { id: string; text: string; href: string }[];
  at: string;
  label: string;
}): VNode {
  return h(
    'nav',
    { class: 'tabs', 'aria-label': label },
    items.map((i) => h('a', { key: i.id, href: i.href, 'aria-current': i.id === at ? 'page' : undefined }, i.text)),
  );
}

export function Dialog({ title, children, onClose }: { title: string; children?: Kids; onClose(): void }): VNode {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const app = useApp();
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return h(
    'dialog',
    { ref, 'aria-labelledby': id, onClose, onClick: (e: MouseEvent) => e.target === ref.current && onClose() },
    h(
      'div',
      { class: 'dialog' },
      h('header', null, h('h2', { id }, title), h(Button, { kind: 'quiet', onClick: onClose, title: app.t('close') }, '✕')),
      children,
    ),
  );
}

/** Asks before what cannot be taken back. */
export function Confirm(props: { title: string; sentence: string; yes: string; onYes(): Promise<void>; onClose(): void }): VNode {
  const app = useApp();
  return h(
    Dialog,
    { title: props.title, onClose: props.onClose },
    h('p', null, props.sentence),
    h(
      'div',
      { class: 'row end' },
      h(Button, { onClick: props.onClose }, app.t('cancel')),
      h(Button, { kind: 'danger', onClick: () => props.onYes().then(props.onClose) }, props.yes),
    ),
  );
}

/** Rows of one height, of which only those that are seen are in the page. */
export function VirtualList<T>(props: {
  rows: readonly T[];
  rowHeight: number;
  keyOf(row: T): string;
  draw(row: T): VNode;
  label: string;
  head?: VNode;
}): VNode {
  const { rows, rowHeight } = props;
  const ref = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  useEffect(() => {
    const box = ref.current!;
    const look = () => setView({ top: box.scrollTop, height: box.clientHeight });
    look();
    box.addEventListener('scroll', look, { passive: true });
    const watch = new ResizeObserver(look);
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  const first = Math.max(0, Math.floor(view.top / rowHeight) - 5);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / rowHeight) + 5);
  return h(
    'div',
    { class: 'list', ref, tabIndex: 0, role: 'region', 'aria-label': props.label },
    props.head ?? null,
    h(
      'ul',
      { class: 'rows', style: { height: `${rows.length * rowHeight}px` } },
      rows.slice(first, last).map((row, i) =>
        h(
          'li',
          {
            key: props.keyOf(row),
            'aria-setsize': rows.length,
            'aria-posinset': first + i + 1,
            style: { top: `${(first + i) * rowHeight}px`, height: `${rowHeight}px` },
          },
          props.draw(row),
        ),
      ),
    ),
  );
}

/** Text that somebody else wrote, as it is, in one line or several. */
export const Code = ({ children, block }: { children?: Kids; block?: boolean }): VNode =>
  block ? h('pre', { class: 'code', tabIndex: 0 }, children) : h('code', null, children);

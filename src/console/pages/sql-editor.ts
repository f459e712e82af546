// The SQL editor: a plain textarea, so that keyboards, screen readers and phones work as ever, over a copy of its text in colours and with the gateway's
// marks. Completion opens while a word is typed or with Ctrl+Space; the word below the pointer or caret is explained under the editor.

import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { explainedAt, tokensOf, wordBefore } from '../logic/sql-tokens.ts';
import { type Offer, offersFor, useDictionary } from './dictionary.ts';
import type { Mark } from './verdict.ts';

const MAX_OFFERS = 8;

export function SqlEditor(props: { value: string; onInput(value: string): void; marks: readonly Mark[]; label: string }): VNode {
  const { value, marks } = props;
  const { t } = useApp();
  const area = useRef<HTMLTextAreaElement>(null);
  const copy = useRef<HTMLPreElement>(null);
  const id = useId();
  const [offers, setOffers] = useState<{ list: Offer[]; at: number; place: { x: number; y: number } } | undefined>(undefined);
  const [picked, setPicked] = useState(0);
  const [word, setWord] = useState('');
  const dictionary = useDictionary(value);
  const pieces = useMemo(() => coloured(value, marks), [value, marks]);
  useEffect(() => setPicked(0), [offers?.at, offers?.list.length]);

  const look = (asked: boolean) => {
    const box = area.current!;
    const caret = box.selectionStart;
    setWord(explainedAt(box.value, caret));
    const before = wordBefore(box.value, caret);
    if (!before && !asked) return setOffers(undefined);
    const list = offersFor(dictionary, before?.text ?? '').slice(0, MAX_OFFERS);
    const only = list.length === 1 && list[0]!.text.toLowerCase() === before?.text.toLowerCase();
    setOffers(
      list.length === 0 || only ? undefined : { list, at: before?.at ?? caret, place: placeOf(copy.current!, before?.at ?? caret) },
    );
  };
  const take = (offer: Offer) => {
    const box = area.current!;
    box.focus();
    box.setSelectionRange(offers!.at, box.selectionStart);
    // the browser's own way, so that undo takes it back
    document.execCommand('insertText', false, offer.insert);
    setOffers(undefined);
  };
  const key = (e: KeyboardEvent) => {
    if (e.key === ' ' && e.ctrlKey) {
      e.preventDefault();
      look(true);
    } else if (!offers) return;
    else if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      setPicked((n) => (n + (e.key === 'ArrowDown' ? 1 : offers.list.length - 1)) % offers.list.length);
    } else if (e.key === 'Enter' || e.key === 'Tab') {
      e.preventDefault();
      take(offers.list[picked]!);
    } else if (e.key === 'Escape') {
      e.stopPropagation();
      setOffers(undefined);
    }
  };
  const explained = offers ? offers.list[picked] : dictionary.find((o) => o.text.toLowerCase() === word.toLowerCase() && o.doc !== '');
  return h(
    'div',
    { class: 'field' },
    h('label', { for: id }, props.label),
    h(
      'div',
      { class: 'editor' },
      h('pre', { ref: copy, 'aria-hidden': 'true' }, pieces, '\n'),
      h('textarea', {
        ref: area,
        id,
        value,
        spellcheck: false,
        autocapitalize: 'off',
        autocomplete: 'off',
        'aria-autocomplete': 'list',
        'aria-controls': offers ? `${id}-offers` : undefined,
        'aria-activedescendant': offers ? `${id}-${picked}` : undefined,
        'aria-invalid': marks.some((m) => !m.warning),
        'aria-describedby': `${id}-help`,
        onInput: (e: Event) => {
          props.onInput((e.target as HTMLTextAreaElement).value);
          look(false);
        },
        onKeyDown: key,
        onClick: () => look(false),
        onBlur: () => setTimeout(() => setOffers(undefined), 150),
      }),
      offers
        ? h(
            'ul',
            {
              class: 'offers',
              id: `${id}-offers`,
              role: 'listbox',
              'aria-label': t('offers'),
              style: { left: `${offers.place.x}px`, top: `${offers.place.y}px` },
            },
            offers.list.map((o, i) =>
              h(
                'li',
                {
                  key: o.text,
                  id: `${id}-${i}`,
                  role: 'option',
                  'aria-selected': i === picked,
                  onMouseDown: (e: Event) => {
                    e.preventDefault();
                    take(o);
                  },
                },
                h('b', null, o.text),
                h('small', null, o.kind === 'column' || o.kind === 'stream' ? `${t(o.kind)} ${o.doc}` : t(o.kind)),
              ),
            ),
          )
        : null,
    ),
    h(
      'div',
      { class: 'explained', id: `${id}-help`, 'aria-live': 'polite' },
      explained ? [h('b', { key: 'n' }, explained.usage), ' ', explained.doc] : t('editorHelp'),
    ),
  );
}

function coloured(sql: string, marks: readonly Mark[]): VNode[] {
  return tokensOf(sql).flatMap((token) => {
    const mark = marks.find((m) => m.from < token.at + token.text.length && m.to > token.at);
    const kind = token.kind === 'other' ? '' : token.kind;
    if (!mark) return h('span', { class: kind }, token.text);
    const [from, to] = [Math.max(0, mark.from - token.at), Math.min(token.text.length, mark.to - token.at)];
    return [
      h('span', { class: kind }, token.text.slice(0, from)),
      h('span', { class: `${kind} marked ${mark.warning ? 'warn' : ''}` }, token.text.slice(from, to)),
      h('span', { class: kind }, token.text.slice(to)),
    ];
  });
}

/** Where a character of the text is, within the editor. */
function placeOf(pre: HTMLElement, offset: number): { x: number; y: number } {
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = node as Text;
    if (left < length || (left === length && node.nextSibling === null && node.parentElement?.nextElementSibling === null)) {
      const range = document.createRange();
      range.setStart(node, Math.min(left, length));
      range.setEnd(node, Math.min(left, length));
      const [spot, box] = [range.getBoundingClientRect(), pre.getBoundingClientRect()];
      return { x: Math.min(Math.max(0, spot.left - box.left), Math.max(0, box.width - 260)), y: spot.bottom - box.top + 4 };
    }
    left -= length;
  }
  return { x: 8, y: 28 };
}

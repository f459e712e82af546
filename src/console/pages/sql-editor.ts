// The SQL editor: a plain textarea, so that keyboards, screen readers and phones work as ever, over a copy of its text in colours and with the gateway's
// marks. Completion (POST /sql/complete) opens while a word is typed or with Ctrl+Space; the word at the caret is explained below (POST /sql/hover).
import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import { useApp } from '../app.ts';
import { h, type VNode } from '../h.ts';
import { tokensOf } from '../logic/sql-tokens.ts';
import { Button, typedIn } from '../ui.ts';
import type { Diagnostic } from './verdict.ts';

interface Offer {
  label: string;
  kind: string;
  detail: string;
  doc: string;
  insert: string;
}

interface Offers {
  list: Offer[];
  start: number;
  end: number;
  place: { x: number; y: number };
}

const MAX_OFFERS = 8;

export function SqlEditor(props: { value: string; onInput(value: string): void; found: readonly Diagnostic[]; label: string }): VNode {
  const { value, found } = props;
  const app = useApp();
  const { api, t } = app;
  const area = useRef<HTMLTextAreaElement>(null);
  const copy = useRef<HTMLPreElement>(null);
  const asked = useRef(0);
  const id = useId();
  const [offers, setOffers] = useState<Offers | undefined>(undefined);
  const [picked, setPicked] = useState(0);
  const [explained, setExplained] = useState('');
  const pieces = useMemo(() => coloured(value, found), [value, found]);
  useEffect(() => setPicked(0), [offers]);

  /** @param always also where no word begins */
  const look = async (always: boolean): Promise<void> => {
    const box = area.current!;
    const [sql, offset] = [box.value, box.selectionStart];
    const turn = ++asked.current;
    const wanted = always || /[\p{L}_`][\p{L}\p{N}_]*$/u.test(sql.slice(0, offset));
    try {
      const [completion, word] = await Promise.all([
        wanted ? api.text('POST', '/sql/complete', { sql, offset }) : undefined,
        // just behind ( the function is meant
        api.text('POST', '/sql/hover', { sql, offset: sql[offset - 1] === '(' ? offset - 1 : offset }),
      ]);
      if (turn !== asked.current || !area.current) return;
      setExplained((JSON.parse(word) as { markdown?: string } | null)?.markdown ?? '');
      const {
        items = [],
        start = offset,
        end = offset,
      } = completion ? (JSON.parse(completion) as { items?: Offer[]; start?: number; end?: number }) : {};
      const typed = sql.slice(start, end).toLowerCase();
      const list = items.slice(0, MAX_OFFERS);
      const only = list.length === 1 && list[0]!.label.toLowerCase() === typed;
      setOffers(list.length === 0 || only ? undefined : { list, start, end, place: placeOf(copy.current!, start) });
    } catch {
      setOffers(undefined); // no help while the gateway is away; the verdict below says so
    }
  };
  const put = (start: number, end: number, text: string) => {
    const box = area.current!;
    box.focus();
    box.setSelectionRange(start, end);
    // the browser's own way, so that undo takes it back
    document.execCommand('insertText', false, text);
    setOffers(undefined);
  };
  const take = ({ insert }: Offer) => put(offers!.start, Math.max(offers!.end, area.current!.selectionStart), insert);
  const key = (e: KeyboardEvent) => {
    if (e.key === ' ' && e.ctrlKey) {
      e.preventDefault();
      void look(true);
    } else if (e.key === 'ArrowLeft' || e.key === 'ArrowRight' || (!offers && e.key.startsWith('Arrow'))) {
      setOffers(undefined);
      requestAnimationFrame(() => void look(false).then(() => setOffers(undefined)));
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
  const format = async () => {
    const { sql } = await api.ask<{ sql: string }>('POST', '/sql/format', { sql: value });
    if (sql !== value) put(0, value.length, sql);
  };
  const offer = offers?.list[picked];
  return h(
    'div',
    { class: 'field' },
    h(
      'div',
      { class: 'row' },
      h('label', { for: id, class: 'grow' }, props.label),
      h(Button, { small: true, kind: 'quiet', onClick: format }, t('formatSql')),
    ),
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
        'aria-invalid': found.some((d) => d.severity === 'error'),
        'aria-describedby': `${id}-help`,
        onInput: (e: Event) => {
          props.onInput(typedIn(e));
          void look(false);
        },
        onKeyDown: key,
        onClick: () => void look(false).then(() => setOffers(undefined)),
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
                  key: `${o.kind} ${o.label}`,
                  id: `${id}-${i}`,
                  role: 'option',
                  'aria-selected': i === picked,
                  onMouseDown: (e: Event) => {
                    e.preventDefault();
                    take(o);
                  },
                },
                h('b', null, o.label),
                h('small', null, `${o.kind} ${o.detail}`),
              ),
            ),
          )
        : null,
    ),
    h(
      'div',
      { class: 'explained', id: `${id}-help`, 'aria-live': 'polite' },
      offer ? [h('b', { key: 'n' }, offer.detail || offer.label), ' ', offer.doc] : explained ? explanation(explained) : t('editorHelp'),
    ),
  );
}

/** The gateway's Markdown as plain parts: fenced code as code, the rest as text. */
function explanation(markdown: string): VNode[] {
  return markdown
    .split(/```(?:\w+)?\n?/)
    .map((part, i) =>
      i % 2 === 1 ? h('pre', { key: i }, part.trimEnd()) : h('p', { key: i }, part.replaceAll('**', '').replaceAll('`', '').trim()),
    );
}

function coloured(sql: string, found: readonly Diagnostic[]): VNode[] {
  return tokensOf(sql).flatMap((token) => {
    const mark = found.find((d) => d.start < token.at + token.text.length && d.end > token.at);
    const kind = token.kind === 'other' ? '' : token.kind;
    if (!mark) return h('span', { class: kind }, token.text);
    const [from, to] = [Math.max(0, mark.start - token.at), Math.min(token.text.length, mark.end - token.at)];
    return [
      h('span', { class: kind }, token.text.slice(0, from)),
      h('span', { class: `${kind} marked ${mark.severity === 'warning' ? 'warn' : ''}` }, token.text.slice(from, to)),
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
    if (left <= length) {
      const range = document.createRange();
      range.setStart(node, left);
      range.setEnd(node, left);
      const [spot, box] = [range.getBoundingClientRect(), pre.getBoundingClientRect()];
      return { x: Math.min(Math.max(0, spot.left - box.left), Math.max(0, box.width - 260)), y: spot.bottom - box.top + 4 };
    }
    left -= length;
  }
  return { x: 8, y: 28 };
}

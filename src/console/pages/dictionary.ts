// What may be completed and explained: keywords, functions with their texts, streams, and the columns of the streams that the statement reads.
import { useEffect, useState } from 'preact/hooks';
import { enc } from '../api.ts';
import { useApp } from '../app.ts';
import { keywords, sourcesIn } from '../logic/sql-tokens.ts';

export interface Offer {
  text: string;
  /** What is typed for the user. */
  insert: string;
  kind: 'column' | 'function' | 'stream' | 'keyword';
  usage: string;
  doc: string;
}

interface FunctionGroup {
  functions: { name: string; example?: string; hint?: { en?: string }; args?: { name: string; optional?: boolean }[] }[];
}

const keywordOffers: readonly Offer[] = keywords.map((text) => ({ text, insert: text, kind: 'keyword', usage: text, doc: '' }));

export function useDictionary(sql: string): readonly Offer[] {
  const { api } = useApp();
  const [functions, setFunctions] = useState<Offer[]>([]);
  const [streams, setStreams] = useState<Offer[]>([]);
  const [columns, setColumns] = useState<Offer[]>([]);
  const read = sourcesIn(sql).join(' ');
  useEffect(() => {
    const nothing = () => undefined; // completion offers less then; what is wrong shows elsewhere
    api
      .json<FunctionGroup[]>('/metadata/functions')
      .then((groups) => setFunctions(groups.flatMap((g) => g.functions.map(functionOffer))), nothing);
    api
      .json<string[]>('/streams')
      .then((names) => setStreams(names.map((text) => ({ text, insert: text, kind: 'stream', usage: text, doc: '' }))), nothing);
  }, []);
  useEffect(() => {
    let gone = false;
    const each = read
      .split(' ')
      .filter(Boolean)
      .map((stream) =>
        api.json<Record<string, { type?: string }> | null>(`/streams/${enc(stream)}/schema`).then(
          (schema) =>
            Object.entries(schema ?? {}).map(
              ([name, { type }]): Offer => ({ text: name, insert: name, kind: 'column', usage: name, doc: `${type ?? ''} (${stream})` }),
            ),
          () => [], // a name that is being typed
        ),
      );
    void Promise.all(each).then((lists) => !gone && setColumns(lists.flat()));
    return () => {
      gone = true;
    };
  }, [read]);
  return [...columns, ...streams, ...functions, ...keywordOffers];
}

function functionOffer({ name, hint, args = [] }: FunctionGroup['functions'][number]): Offer {
  const inner = args.map((a) => (a.optional ? `[${a.name}]` : a.name)).join(', ');
  return { text: name, insert: `${name}(`, kind: 'function', usage: `${name}(${inner})`, doc: hint?.en ?? '' };
}

/** Those that begin so first, then those that hold it. */
export function offersFor(dictionary: readonly Offer[], typed: string): Offer[] {
  const word = typed.toLowerCase();
  if (word === '') return dictionary.filter((o) => o.kind === 'column' || o.kind === 'stream');
  const begins = dictionary.filter((o) => o.text.toLowerCase().startsWith(word));
  const holds = word.length < 3 ? [] : dictionary.filter((o) => !begins.includes(o) && o.text.toLowerCase().includes(word));
  return [...begins, ...holds];
}

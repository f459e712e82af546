// What every page gets: REST, texts, where we are, and how to tell the user something. Made once by main.ts, handed down as a context.

import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from './api.ts';
import { ApiError, UNREACHABLE } from './api.ts';
import { createContext } from './h.ts';
import type { Rates } from './rates.ts';
import type { TextKey, Texts } from './texts/en.ts';

export interface App {
  readonly api: Api;
  readonly rates: Rates;
  readonly language: Language;
  setLanguage(language: Language): void;
  /** Text in the user's language; `{name}` is replaced. */
  t(key: TextKey, values?: Readonly<Record<string, string | number>>): string;
  /** What went wrong, in words. */
  why(error: unknown): string;
  /** Says something for some seconds. */
  tell(sentence: string, bad?: boolean): void;
}

export type Language = 'en' | 'de';
export const languages: readonly Language[] = ['en', 'de'];

export const AppContext = createContext<App>(undefined as unknown as App);
export const useApp = (): App => useContext(AppContext);

export function translator(texts: Texts): App['t'] {
  return (key, values) => {
    const text = texts[key];
    return values ? text.replace(/\{(\w+)\}/g, (all, name: string) => String(values[name] ?? all)) : text;
  };
}

export function explain(t: App['t'], error: unknown): string {
  if (error instanceof ApiError && error.message === UNREACHABLE) return t('unreachable');
  return error instanceof Error ? error.message : String(error);
}

/** `#/rules/hot` → ['rules', 'hot'] */
export function placeOf(hash: string): string[] {
  try {
    return hash.replace(/^#\/?/, '').split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return []; // a broken percent sign: the first page
  }
}

export const linkTo = (...parts: string[]): string => `#/${parts.map(encodeURIComponent).join('/')}`;
export const go = (...parts: string[]): void => {
  location.hash = linkTo(...parts);
};

export function usePlace(): string[] {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    // it may have changed between the first drawing and now
    changed();
    return () => removeEventListener('hashchange', changed);
  }, []);
  return placeOf(hash);
}

/** Loads something when `deps` change, and again on `reload`. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[]): { value: T | undefined; error: string; reload(): void } {
  const app = useApp();
  const [state, setState] = useState<{ value: T | undefined; error: string }>({ value: undefined, error: '' });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let gone = false;
    load().then(
      (value) => !gone && setState({ value, error: '' }),
      (error: unknown) => !gone && setState((s) => ({ value: s.value, error: app.why(error) })),
    );
    return () => {
      gone = true;
    };
  }, [...deps, turn]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}

/** The same again and again, while the page is seen. */
export function usePoll(work: () => void, everyMs: number): void {
  // what the page drew last: the work of the first drawing knows nothing of what was loaded since
  const last = useRef(work);
  last.current = work;
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') last.current();
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}

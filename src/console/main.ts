// Starts the console: language, theme, token, then the frame with its pages. Pages other than the first are loaded when they are opened.

import { useEffect, useErrorBoundary, useMemo, useState } from 'preact/hooks';
import { createApi } from './api.ts';
import { type App, AppContext, explain, type Language, linkTo, translator, usePlace } from './app.ts';
import { type ComponentType, h, render, type VNode } from './h.ts';
import { Login } from './login.ts';
import { Overview } from './pages/overview.ts';
import { createRates } from './rates.ts';
import { chosenLanguage, chosenTheme, keepLanguage, nextTheme, showTheme } from './taste.ts';
import type { TextKey, Texts } from './texts/en.ts';
import { Button, Note } from './ui.ts';

type Page = ComponentType<{ place: string[] }>;

const pages: Readonly<Record<string, { text: TextKey; icon: string; load(): Promise<Page> }>> = {
  '': { text: 'overview', icon: 'M4 12h4l3-7 4 14 3-7h2', load: async () => Overview },
  rules: { text: 'rules', icon: 'M5 6h14M5 12h9M5 18h12', load: async () => (await import('./pages/rules.ts')).Rules },
  sources: { text: 'sources', icon: 'M4 12h10m-4-5 5 5-5 5M19 4v16', load: async () => (await import('./pages/sources.ts')).Sources },
  plugins: {
    text: 'plugins',
    icon: 'M9 3v5M15 3v5M6 8h12v4a6 6 0 0 1-12 0zM12 18v3',
    load: async () => (await import('./pages/plugins.ts')).Plugins,
  },
  data: { text: 'data', icon: 'M4 19V5M4 19h16M8 15l4-5 3 3 5-7', load: async () => (await import('./pages/data.ts')).Data },
  system: {
    text: 'system',
    icon: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4',
    load: async () => (await import('./pages/system.ts')).System,
  },
};

async function textsOf(language: Language): Promise<Texts> {
  return language === 'de' ? (await import('./texts/de.ts')).de : (await import('./texts/en.ts')).en;
}

function Root({ first }: { first: { language: Language; texts: Texts } }): VNode {
  const [{ language, texts }, setTexts] = useState(first);
  const [refused, setRefused] = useState<string | undefined>(undefined);
  const [told, setTold] = useState<{ sentence: string; bad: boolean } | undefined>(undefined);
  const api = useMemo(() => createApi(setRefused), []);
  const rates = useMemo(() => createRates(api), []);
  useEffect(() => {
    if (!told) return;
    const timer = setTimeout(() => setTold(undefined), told.bad ? 12_000 : 5000);
    return () => clearTimeout(timer);
  }, [told]);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const app = useMemo<App>(() => {
    const t = translator(texts);
    return {
      api,
      rates,
      language,
      t,
      why: (error) => explain(t, error),
      tell: (sentence, bad = false) => setTold({ sentence, bad }),
      setLanguage(next) {
        keepLanguage(next);
        void textsOf(next).then((loaded) => setTexts({ language: next, texts: loaded }));
      },
    };
  }, [language, texts]);
  const enter = (token: string) => {
    api.setToken(token);
    setRefused(undefined);
    rates.restart();
  };
  return h(
    AppContext.Provider,
    { value: app },
    refused === undefined ? h(Frame, null) : h(Login, { reason: api.token === '' ? '' : refused, onToken: enter }),
    h(
      'div',
      { class: 'toasts', 'aria-live': 'polite', role: 'status' },
      told ? h('div', { class: told.bad ? 'toast bad' : 'toast' }, told.sentence) : null,
    ),
  );
}

const Icon = ({ path }: { path: string }): VNode =>
  h(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' },
    h('path', {
      d: path,
      fill: 'none',
      stroke: 'currentColor',
      'stroke-width': '2',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  );

function Frame(): VNode {
  return h(AppContext.Consumer, {
    children: (app: App) => h(Framed, { app }),
  });
}

const skip = (e: Event): void => {
  e.preventDefault();
  document.getElementById('main')?.focus();
};

function Framed({ app }: { app: App }): VNode {
  const place = usePlace();
  const name = place[0] !== undefined && Object.hasOwn(pages, place[0]) ? place[0] : '';
  const [theme, setTheme] = useState(chosenTheme());
  useEffect(() => showTheme(theme), [theme]);
  useEffect(() => {
    document.title = `${app.t(pages[name]!.text)} – Kuiper Gateway`;
  }, [name, app]);
  return h(
    'div',
    { class: 'frame' },
    h('a', { class: 'skip', href: '#main', onClick: skip }, app.t('skip')),
    h(
      'nav',
      { class: 'side', 'aria-label': app.t('pages') },
      h(
        'a',
        { class: 'brand', href: '#/' },
        h('img', { src: '/console/icon.svg', alt: '', width: 28, height: 28 }),
        h('b', null, 'Kuiper'),
        ' Gateway',
      ),
      h(
        'ul',
        null,
        Object.entries(pages).map(([id, { text, icon }]) =>
          h(
            'li',
            { key: id },
            h(
              'a',
              { href: linkTo(...(id ? [id] : [])), 'aria-current': id === name ? 'page' : undefined },
              h(Icon, { path: icon }),
              h('span', null, app.t(text)),
            ),
          ),
        ),
      ),
      h(
        'div',
        { class: 'taste' },
        h(
          'button',
          { type: 'button', class: 'button quiet small', onClick: () => setTheme(nextTheme(theme)), title: app.t('themeTitle') },
          app.t(theme === 'dark' ? 'themeDark' : theme === 'light' ? 'themeLight' : 'themeAuto'),
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'button quiet small',
            lang: app.language === 'en' ? 'de' : 'en',
            onClick: () => app.setLanguage(app.language === 'en' ? 'de' : 'en'),
          },
          app.language === 'en' ? 'Deutsch' : 'English',
        ),
      ),
    ),
    h('main', { id: 'main', tabIndex: -1 }, h(Opened, { key: name, name, place: place.slice(1) })),
  );
}

/** Loads a page and shows it; a fault of one page leaves the others alone. */
function Opened({ name, place }: { name: string; place: string[] }): VNode {
  const [page, setPage] = useState<Page | undefined>(() => undefined);
  const [failed, setFailed] = useState<unknown>(undefined);
  const [fault] = useErrorBoundary((error) => console.error(error));
  useEffect(() => {
    pages[name]!.load().then((loaded) => setPage(() => loaded), setFailed);
  }, [name]);
  return h(AppContext.Consumer, {
    children: (app: App) => {
      const wrong = fault ?? failed;
      if (wrong !== undefined)
        return h(
          'div',
          null,
          h(Note, { bad: true }, app.t('pageFault', { why: app.why(wrong) })),
          h(Button, { onClick: () => location.reload() }, app.t('reload')),
        );
      return page ? h(page, { place }) : h('p', { class: 'empty' }, app.t('loading'));
    },
  });
}

const language = chosenLanguage();
showTheme(chosenTheme());
render(h(Root, { first: { language, texts: await textsOf(language) } }), document.getElementById('app')!);

// Language and theme: what the user chose in this browser, else what the browser says.
import { type Language, languages } from './app.ts';

export type Theme = 'auto' | 'light' | 'dark';

const read = (key: string): string | null => localStorage.getItem(key);

export function chosenLanguage(): Language {
  const kept = read('kuiper.language');
  return languages.find((l) => l === kept) ?? languages.find((l) => navigator.language.startsWith(l)) ?? 'en';
}

export const keepLanguage = (language: Language): void => localStorage.setItem('kuiper.language', language);

export function chosenTheme(): Theme {
  const kept = read('kuiper.theme');
  return kept === 'light' || kept === 'dark' ? kept : 'auto';
}

export const nextTheme = (theme: Theme): Theme => (theme === 'auto' ? 'light' : theme === 'light' ? 'dark' : 'auto');

export function showTheme(theme: Theme): void {
  localStorage.setItem('kuiper.theme', theme);
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

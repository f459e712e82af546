// Which rules use a plugin, by what they say: calls of its functions, types of their streams, kinds of their actions. A rule whose text is not
// understood (a function was missing) is found by the text itself.
import type { PluginChange } from '../../plugin-host/index.ts';

export interface RuleText {
  id: string;
  /** JSON as stored. */
  text: string;
  /** Types (connectors) of its streams and tables. */
  sourceTypes: readonly string[];
  actions: readonly Readonly<Record<string, unknown>>[];
}

export function rulesTouchedBy({ kind, name, functions }: PluginChange, rules: Iterable<RuleText>): string[] {
  const calls = functions.length ? new RegExp(`\\b(?:${functions.map(literally).join('|')})\\s*\\(`) : undefined;
  const uses = (r: RuleText): boolean => {
    switch (kind) {
      case 'functions':
        return calls?.test(r.text) === true;
      case 'sources':
        return r.sourceTypes.includes(name);
      case 'sinks':
        return r.actions.length > 0 ? r.actions.some((a) => name in a) : r.text.includes(JSON.stringify(name));
    }
  };
  return [...rules].filter(uses).map((r) => r.id);
}

const literally = (s: string): string => s.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

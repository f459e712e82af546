// Versions of rules: each change of a rule keeps its text, in the transaction that makes the change, so that it can be looked at, compared and taken
// back. A table of rules that does so, for rule-service.ts; what it kept, for rest/routes/rule-versions.ts. Starting and stopping is no change.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { KvTable, Store } from '../../store/index.ts';
import { editJsonText } from '../json-text.ts';
import type { SealedTable } from '../secrets/sealed-table.ts';
import { maskRuleText } from './rule-secrets.ts';

/** Of one rule. */
export const MAX_VERSIONS = 20;
/** Of all rules, also of those that are no more. */
export const MAX_ALL = 2000;

/** `before`: as it was when versions began to be kept. */
export type ChangeKind = 'before' | 'created' | 'changed' | 'deleted';

export interface RuleVersion {
  rule: string;
  /** Name of the version: its time, epoch ms. */
  version: string;
  atMs: number;
  what: ChangeKind;
  /** JSON of the rule, secrets masked. */
  text: string;
}

export interface RuleHistory {
  /** Rules, with versions kept. */
  readonly table: KvTable;
  /** Newest first. */
  of(rule: string): Promise<RuleVersion[]>;
  /** Last changes of all rules, newest first, without texts. */
  latest(count: number): Promise<Omit<RuleVersion, 'text'>[]>;
  /** Text of a version with its secrets, to be put in place of a rule whose member `version` is `current`. @throws SERVICE_NOT_FOUND */
  restorable(rule: string, version: string, current: string | undefined): Promise<string>;
}

interface Key {
  key: string;
  rule: string;
  version: string;
  what: ChangeKind;
}

export function createRuleHistory(deps: {
  rules: SealedTable;
  versions: SealedTable;
  store: Pick<Store, 'commit'>;
  clock: Clock;
}): RuleHistory {
  const { rules, versions, store, clock } = deps;
  const keys = async (): Promise<Key[]> => (await versions.keys()).map(keyOf).sort((a, b) => Number(b.version) - Number(a.version));
  const find = async (rule: string) => (await keys()).filter((k) => k.rule === rule);

  /** What to write and what to let go of, so that the change of the rule and its version are one transaction. */
  const entriesFor = async (rule: string, old: string | undefined, text: string | undefined) => {
    const all = await keys();
    const own = all.filter((k) => k.rule === rule);
    // two changes within a millisecond, or a clock that was set back: still in order
    const atMs = Math.max(clock.now(), Number(own[0]?.version ?? 0) + 1);
    const added: Record<string, string | undefined> = {};
    if (own.length === 0 && old !== undefined) added[nameOf(rule, atMs - 1, 'before')] = old;
    added[nameOf(rule, atMs, text === undefined ? 'deleted' : old === undefined ? 'created' : 'changed')] = text ?? old!;
    const room = Object.keys(added).length;
    for (const { key } of [...own.slice(MAX_VERSIONS - room), ...all.slice(MAX_ALL - room)]) added[key] ??= undefined;
    return added;
  };
  const change = async (rule: string, text: string | undefined) => {
    const old = await rules.get(rule);
    const same = old !== undefined && text !== undefined && withoutTrigger(old) === withoutTrigger(text);
    const kept = same || (old === undefined && text === undefined) ? {} : await entriesFor(rule, old, text);
    await store.commit([...(await rules.changes({ [rule]: text })), ...(await versions.changes(kept))]);
    return old !== undefined;
  };
  const shown = async ({ key, rule, version, what }: Key): Promise<RuleVersion> => ({
    rule,
    version,
    atMs: Number(version),
    what,
    text: maskRuleText((await versions.get(key)) ?? '{}'),
  });
  return {
    table: {
      get: (key) => rules.get(key),
      keys: () => rules.keys(),
      all: () => rules.all(),
      set: async (key, value) => void (await change(key, value)),
      setMany: async (entries) => {
        for (const [key, value] of Object.entries(entries)) await change(key, value);
      },
      delete: (key) => change(key, undefined),
    },
    of: async (rule) => Promise.all((await find(rule)).map(shown)),
    latest: async (count) =>
      (await keys())
        .filter((k) => k.what !== 'before')
        .slice(0, count)
        .map(({ rule, version, what }) => ({ rule, version, atMs: Number(version), what })),
    async restorable(rule, version, current) {
      const found = (await find(rule)).find((k) => k.version === version);
      const text = found && (await versions.get(found.key));
      if (text === undefined) throw new GatewayError('SERVICE_NOT_FOUND', { text: `rule ${rule} has no version ${version}` });
      // eKuiper's rule: only a greater version replaces one
      return current ? editJsonText(text, (r) => (r['version'] = `${current}.1`)) : text;
    },
  };
}

const nameOf = (rule: string, atMs: number, what: ChangeKind): string => `${rule}/${atMs}/${what}`;

function keyOf(key: string): Key {
  const [rule = '', version = '', what = ''] = key.split('/');
  return { key, rule, version, what: what as ChangeKind };
}

/** A rule that starts or stops is the same rule. */
function withoutTrigger(text: string): string {
  try {
    return editJsonText(text, (rule) => delete rule['triggered']);
  } catch {
    return text; // no JSON: what an older version stored is compared as it is
  }
}

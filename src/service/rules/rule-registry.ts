// The rules that the service knows, by id, with what is said of an id that is not among them. Held by rule-service.ts, which changes it;
// rule-views.ts reads it.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { RuleHandle } from '../../runtime/index.ts';
import { checkName } from '../names.ts';
import type { ParsedRule } from './planning.ts';
import type { RuleDraft } from './rule-json.ts';

export interface Entry {
  draft: RuleDraft;
  /** Undefined: the stored text cannot be used any more, or the gateway is in safe mode. */
  parsed: ParsedRule | undefined;
  handle: RuleHandle | undefined;
  /** Why `handle` is missing. */
  problem: string;
  trace: boolean;
}

export type Entries = ReadonlyMap<string, Entry>;

/** For commands. @throws RULE_NOT_FOUND */
export function inRegistry(all: Entries, id: string): Entry {
  const entry = all.get(checkName(id));
  if (!entry) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found in registry, please check if it is created` });
  return entry;
}

/** For questions. @param dot eKuiper ends some of these answers with one  @throws RULE_NOT_FOUND */
export function found(all: Entries, id: string, dot = ''): Entry {
  const entry = all.get(checkName(id));
  if (!entry) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found${dot}` });
  return entry;
}

/** @throws RULE_JSON with the reason why there is none */
export function handleOf(entry: Entry): RuleHandle {
  if (!entry.handle) throw new GatewayError('RULE_JSON', { text: `Rule ${entry.draft.id} cannot run: ${entry.problem}` });
  return entry.handle;
}

/** Stored by another version, or by hand: listed, described and deletable, but not more. */
export function brokenDraft(id: string, text: string): RuleDraft {
  return {
    id,
    name: '',
    version: '',
    triggered: false,
    temp: false,
    tags: undefined,
    notes: [],
    sql: '',
    graph: undefined,
    actions: [],
    options: undefined,
    text,
  };
}

// What is known of the rules: lists, status, plans, who reads what. Nothing here changes a rule. Part of the service's rules
// (rule-service.ts), called by REST, the CLI and the transfer of rule sets; the state of a run comes from src/runtime/status.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { type Diag, type ParkedAccess, parkedText, type RuleDefinition, type RuleStatus, type Topo } from '../../runtime/index.ts';
import { editJsonText } from '../json-text.ts';
import type { Planning } from './planning.ts';
import type { RuleDraft } from './rule-json.ts';
import { overviewOf, type RuleOverview } from './rule-overview.ts';
import { type Entries, type Entry, found, handleOf } from './rule-registry.ts';
import { maskRuleText, missingSecrets, unmaskRuleText } from './rule-secrets.ts';

export interface RuleListItem {
  id: string;
  name: string;
  status: string;
  version: string;
  trace: boolean;
  tags: readonly string[] | null;
  /** Set: why the rule is parked; ours. */
  parked?: string;
}

export interface RuleViews {
  list(): RuleListItem[];
  /** Stored JSON text, secrets masked. @throws RULE_NOT_FOUND */
  describe(id: string): string;
  status(id: string): RuleStatus;
  statusAll(): Record<string, { status: string; last_exception: string; exceptions_total: number }>;
  health(id: string): unknown;
  /** One line per rule: what flows and what is wrong. */
  overview(): RuleOverview[];
  /** The way of its data, step by step. Sources without a message look for what may have been meant: a few seconds. */
  diag(id: string): Promise<Diag>;
  topo(id: string): Topo;
  /** What runs, for a trial beside it. @throws RULE_NOT_FOUND, RULE_JSON when the rule cannot run */
  definitionOf(id: string): RuleDefinition;
  /** Rows that its sinks do not take. @throws RULE_NOT_FOUND, RULE_JSON when the rule cannot run */
  parkedRows(id: string): ParkedAccess;
  explain(id: string): Promise<string>;
  /** Output columns. */
  schema(id: string): Record<string, unknown>;
  /** Ids of rules that carry all these tags. */
  matchTags(tags: readonly string[]): string[];
  exists(id: string): boolean;
  /** The rule's JSON with masked secrets put back from the stored rule of that id. */
  withSecrets(id: string, text: string): string;
  /** Stored rules (not temporary ones): id → JSON text, secrets masked. */
  texts(): Map<string, string>;
  /** The same with their secrets. */
  clearTexts(): Map<string, string>;
  /** Streams and tables that a rule reads; [] for an unknown rule. */
  sourcesOf(id: string): readonly string[];
  /** Elements of `actions`. */
  actionsOf(id: string): RuleDraft['actions'];
  /** Rules that read a stream or table. */
  rulesReading(source: string): string[];
  /** Rules whose actions or sources select a connection. */
  rulesSelecting(connection: string): string[];
  /** Columns of a stream that running rules read. */
  columnsRead(source: string): string[];
  versionOf(id: string): string | undefined;
}

/** @param planning loaded before the first rule is in `all` */
export function createRuleViews(all: Entries, planning: () => Planning): RuleViews {
  return {
    list: () =>
      [...all.values()]
        .map(({ draft, handle, trace }) => ({
          id: draft.id,
          name: draft.name || draft.id,
          status: handle ? handle.brief().status : 'stopped by error',
          version: draft.version,
          trace,
          tags: draft.tags ?? null,
          ...(handle?.parked && { parked: parkedText(handle.parked) }),
        }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    describe(id) {
      const entry = found(all, id, '.');
      // eKuiper keeps temporary rules out of the store and so does not describe them
      if (entry.draft.temp) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found.` });
      return maskRuleText(entry.draft.text);
    },
    status(id) {
      const entry = found(all, id);
      return entry.handle ? entry.handle.status() : broken(entry);
    },
    statusAll: () =>
      Object.fromEntries(
        [...all].map(([id, { handle, problem }]) => {
          const health = handle?.state === 'running' ? handle.health() : undefined;
          return [
            id,
            {
              status: handle?.brief().status ?? 'stopped by error',
              last_exception: health?.lastError?.text ?? (handle ? '' : problem),
              exceptions_total: health?.exceptions ?? 0,
            },
          ];
        }),
      ),
    health(id) {
      const entry = found(all, id);
      if (!entry.handle) return { state: 'stoppedByError', ok: false, problems: [entry.problem] };
      entry.handle.look();
      const health = entry.handle.health();
      const missing = missingSecrets(entry.draft.text);
      if (missing.length === 0) return health;
      const problem = `Secrets are missing since the rule came from an export; set them again: ${missing.join(', ')}.`;
      return { ...health, ok: false, problems: [problem, ...health.problems] };
    },
    overview: () =>
      [...all.values()]
        .map(({ draft, handle, problem }) =>
          overviewOf(
            { id: draft.id, name: draft.name || draft.id, status: handle?.brief().status ?? 'stopped by error', tags: draft.tags ?? null },
            handle ? handle.status() : { message: problem },
          ),
        )
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    async diag(id) {
      const entry = found(all, id);
      const { handle, problem } = entry;
      if (handle) return handle.diag({ search: true });
      const cure = 'Correct the rule, or what it needs, and start it.';
      return {
        rule: id,
        state: 'stoppedByError',
        ok: false,
        summary: `The rule cannot run: ${problem}. ${cure}`,
        stopsAt: { step: 'rule', at: id, text: `The rule cannot run: ${problem}.`, cure },
        steps: [],
        problems: [problem],
        notes: [],
      };
    },
    definitionOf: (id) => handleOf(found(all, id)).definition,
    parkedRows: (id) => handleOf(found(all, id)).parkedRows(),
    topo(id) {
      const { handle } = found(all, id);
      const topo = handle?.topo();
      if (!topo || topo.sources.length === 0) throw new GatewayError('RULE_TOPO', { rule: id });
      return topo;
    },
    async explain(id) {
      const { parsed } = found(all, id, '.');
      if (parsed?.draft.graph) throw new GatewayError('SERVICE_REFUSED', { text: 'only support explain sql now' });
      if (!parsed) throw new GatewayError('SERVICE_REFUSED', { text: 'the stored rule cannot be read' });
      return planning().explain(parsed);
    },
    schema(id) {
      const { parsed } = found(all, id);
      const fields = parsed?.selects[0]?.tree().fields.filter((f) => !f.invisible && f.name !== '*') ?? [];
      return Object.fromEntries(fields.map((f, index) => [f.alias ?? f.name, { hasIndex: true, index }]));
    },
    matchTags: (tags) => [...all.values()].filter((e) => tags.every((t) => e.draft.tags?.includes(t))).map((e) => e.draft.id),
    exists: (id) => all.has(id),
    withSecrets: (id, text) => unmaskRuleText(text, all.get(id)?.draft.text),
    texts: () => textsOf(all, (e) => maskRuleText(exported(e))),
    clearTexts: () => textsOf(all, exported),
    sourcesOf: (id) => all.get(id)?.parsed?.sources ?? [],
    actionsOf: (id) => all.get(id)?.parsed?.actions ?? [],
    rulesReading: (source) => [...all.values()].filter((e) => e.parsed?.sources.includes(source)).map((e) => e.draft.id),
    rulesSelecting: (connection) => [...all.values()].filter((e) => selects(e.draft, connection)).map((e) => e.draft.id),
    columnsRead: (source) => {
      const columns = new Set<string>();
      for (const { handle, parsed } of all.values()) {
        if (handle?.state !== 'running' || !parsed?.sources.includes(source)) continue;
        for (const input of planning().compile(parsed).inputs) if (input.source === source) for (const c of input.columns) columns.add(c);
      }
      return [...columns].sort();
    },
    versionOf: (id) => all.get(id)?.draft.version,
  };
}

function textsOf(all: Entries, of: (entry: Entry) => string): Map<string, string> {
  return new Map([...all.values()].filter((e) => !e.draft.temp).map((e) => [e.draft.id, of(e)]));
}

/** A rule that keeps eKuiper's answers for want of a mark says so where it goes. */
function exported({ draft, parsed }: Entry): string {
  if (!parsed?.options.sqlKept) return draft.text;
  return editJsonText(draft.text, (rule) => (rule['options'] = { ...draft.options, sqlCompatibility: 'ekuiper' }));
}

/** Status of a rule that the runtime does not know. */
function broken({ problem }: Entry): RuleStatus {
  return { status: 'stopped by error', message: problem, lastStartTimestamp: 0, lastStopTimestamp: 0, nextStartTimestamp: 0 };
}

function selects(draft: RuleDraft, connection: string): boolean {
  return draft.actions.some((a) =>
    Object.values(a).some((props) => (props as { connectionSelector?: unknown } | null)?.connectionSelector === connection),
  );
}

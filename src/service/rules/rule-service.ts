// Use cases of rules without HTTP. Order of every change: check everything, then store, then act; so a refused or failed command
// leaves the rule as it was. Commands on one rule run one after the other. Texts: docs/spec/rest.json, rules.md §1.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { type ParkedAccess, parkedText, type RuleHandle, type RuleStatus, type Runtime, type Topo } from '../../runtime/index.ts';
import type { KvTable } from '../../store/index.ts';
import { editJsonText } from '../json-text.ts';
import { createKeyedLock } from '../keyed-lock.ts';
import { checkName } from '../names.ts';
import type { RuleText } from '../plugins/rules-touched-by.ts';
import { mayReplace } from '../versions.ts';
import { type LoadPlanning, type ParsedRule, type Planning, type PlanningDeps, sourceOf } from './planning.ts';
import { parseRuleJson, type RuleDraft } from './rule-json.ts';
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

export interface BulkResult {
  ruleId: string;
  success: boolean;
  error?: string;
}

export interface RuleService {
  list(): RuleListItem[];
  /** @returns the id */
  create(text: string): Promise<string>;
  /** PUT: replaces or creates. @param fromImport skips an item that is not newer instead of refusing it */
  replace(id: string, text: string): Promise<void>;
  delete(id: string): Promise<void>;
  /** Stored JSON text, secrets masked. @throws RULE_NOT_FOUND */
  describe(id: string): string;
  start(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  restart(id: string): Promise<void>;
  /** Sets the position of a source of a running rule. */
  resetOffset(id: string, stream: string, values: Readonly<Record<string, unknown>>): void;
  status(id: string): RuleStatus;
  statusV2(id: string): RuleStatus;
  statusAll(): Record<string, { status: string; last_exception: string; exceptions_total: number }>;
  health(id: string): unknown;
  topo(id: string): Topo;
  /** Rows that its sinks do not take. @throws RULE_NOT_FOUND, RULE_JSON when the rule cannot run */
  parkedRows(id: string): ParkedAccess;
  explain(id: string): Promise<string>;
  /** Output columns. */
  schema(id: string): Record<string, unknown>;
  /** JSON, SQL syntax and existence of sources. @returns names of the sources */
  validate(text: string): Promise<string[]>;
  editTags(id: string, edit: (tags: readonly string[]) => string[]): Promise<void>;
  /** Ids of rules that carry all these tags. */
  matchTags(tags: readonly string[]): string[];
  bulk(action: 'start' | 'stop', tags: readonly string[]): Promise<BulkResult[]>;
  setTrace(id: string, on: boolean): void;
  exists(id: string): boolean;
  /** The rule's JSON with masked secrets put back from the stored rule of that id. */
  withSecrets(id: string, text: string): string;
  /** Stored rules (not temporary ones): id → JSON text, secrets masked. */
  texts(): Map<string, string>;
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
  /** A plugin came, went or changed: rules that use it are planned anew and go on with their state; those it stopped start again.
   *  @param touched picks the rules  @param running false: rules that run are left alone (they follow by themselves) */
  pluginChanged(touched: (rules: Iterable<RuleText>) => string[], movedByItself: boolean): void;
  /** Creates the stored rules and tells triggered ones to start. @param safe nothing is started */
  load(safe: boolean): Promise<void>;
}

export interface RuleServiceDeps extends PlanningDeps {
  planning: LoadPlanning;
  runtime: Runtime;
  table: KvTable;
  log: Log;
  /** Questions to plugins about arguments that planning has raised, under way. */
  questions?(): readonly Promise<void>[];
}

interface Entry {
  draft: RuleDraft;
  /** Undefined: the stored text cannot be used any more, or the gateway is in safe mode. */
  parsed: ParsedRule | undefined;
  handle: RuleHandle | undefined;
  /** Why `handle` is missing. */
  problem: string;
  trace: boolean;
}

export function createRuleService(deps: RuleServiceDeps): RuleService {
  const { runtime, table, log } = deps;
  /** Set before the first entry of `all` is made. */
  let planning!: Planning;
  const all = new Map<string, Entry>();
  const lock = createKeyedLock();

  const inRegistry = (id: string): Entry => {
    const entry = all.get(checkName(id));
    if (!entry) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found in registry, please check if it is created` });
    return entry;
  };
  const found = (id: string, dot = ''): Entry => {
    const entry = all.get(checkName(id));
    if (!entry) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found${dot}` });
    return entry;
  };
  const handleOf = (entry: Entry): RuleHandle => {
    if (!entry.handle) throw new GatewayError('RULE_JSON', { text: `Rule ${entry.draft.id} cannot run: ${entry.problem}` });
    return entry.handle;
  };
  const plan = async (): Promise<Planning> => (planning ??= await deps.planning());

  /** Plans, and plans again when contained plugins have answered what they think of the arguments. */
  const answered = async <T>(work: () => T): Promise<T> => {
    const first = work();
    const asked = deps.questions?.() ?? [];
    if (asked.length === 0) return first;
    await Promise.all(asked);
    return work();
  };
  /** Everything that can refuse a rule, without any effect. */
  const check = async (parsed: ParsedRule) => {
    const definition = planning.definition(parsed, await answered(() => planning.compile(parsed)));
    await runtime.validateRule({ ...definition, streams: parsed.inputs });
    return definition;
  };
  const save = (draft: RuleDraft): Promise<unknown> => (draft.temp ? table.delete(draft.id) : table.set(draft.id, draft.text));
  /** The run goes its own way; what fails there shows in the status. */
  const background = (id: string, what: string, work: Promise<void>) => {
    work.catch((error: unknown) =>
      log.warn({ code: 'RULE_COMMAND', rule: id, what, reason: messageOf(error) }, 'A command to a rule failed.'),
    );
  };
  const watch = (handle: RuleHandle) => {
    handle.onTriggeredChange = (triggered) => {
      const entry = all.get(handle.id);
      if (entry)
        background(
          handle.id,
          'store triggered',
          lock.run(handle.id, () => setTriggered(entry, triggered)),
        );
    };
  };
  const add = (parsed: ParsedRule, handle: RuleHandle) => {
    all.set(handle.id, { draft: parsed.draft, parsed, handle, problem: '', trace: false });
    watch(handle);
    // a parked rule waits for the user
    if (parsed.draft.triggered && !handle.parked) background(handle.id, 'start', handle.start());
  };
  const rewrite = async (entry: Entry, change: (object: Record<string, unknown>) => void) => {
    const draft = parseRuleJson(editJsonText(entry.draft.text, change), entry.draft.id);
    await save(draft);
    entry.draft = draft;
  };
  const setTriggered = async (entry: Entry, triggered: boolean) => {
    if (entry.draft.triggered !== triggered) await rewrite(entry, (o) => (o['triggered'] = triggered));
  };
  const start = (id: string) =>
    lock.run(id, async () => {
      const entry = inRegistry(id);
      const handle = handleOf(entry);
      // a plan error answers at once: the streams may have changed since the rule was made
      if (handle.state === 'stopped' || handle.state === 'stoppedByError') planning.check(entry.parsed!);
      await setTriggered(entry, true);
      background(id, 'start', handle.start());
    });
  const stop = (id: string) =>
    lock.run(id, async () => {
      const entry = inRegistry(id);
      await setTriggered(entry, false);
      if (entry.handle) background(id, 'stop', entry.handle.stop());
    });
  const follow = async (id: string, movedByItself: boolean) => {
    const entry = all.get(id);
    if (!entry) return;
    if (!entry.parsed) {
      // it could not be read while a function was missing
      const { parse, definition } = await plan();
      const parsed = parse(parseRuleJson(entry.draft.text, id));
      add(parsed, runtime.createRule(definition(parsed)));
      return;
    }
    const { handle, draft } = entry;
    if (!handle || !draft.triggered || handle.parked) return;
    if (handle.state === 'stoppedByError') background(id, 'start', handle.start());
    else if (!movedByItself) background(id, 'restart', handle.restart({ keepState: true }));
  };
  const matchTags = (tags: readonly string[]) =>
    [...all.values()].filter((e) => tags.every((t) => e.draft.tags?.includes(t))).map((e) => e.draft.id);

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
    async create(text) {
      const { parse } = await plan();
      const parsed = await answered(() => understand('invalid rule json', () => parse(parseRuleJson(text))));
      const { draft } = parsed;
      const mustBeNew = () => {
        if (all.has(draft.id)) throw new GatewayError('RULE_EXISTS', { rule: draft.id });
      };
      mustBeNew();
      // before the lock: connectors and plugins look at their options there, and one that hangs must not hold the id
      const definition = await check(parsed);
      return lock.run(draft.id, async () => {
        mustBeNew();
        await save(draft);
        add(parsed, runtime.createRule(definition));
        return draft.id;
      });
    },
    async replace(id, text) {
      checkName(id);
      const { parse } = await plan();
      const parsed = await answered(() =>
        understand('Invalid rule json', () => parse(parseRuleJson(unmaskRuleText(text, all.get(id)?.draft.text), id))),
      );
      const { draft } = parsed;
      const replaced = () => {
        const old = all.get(id);
        if (old && !mayReplace(old.draft.version, draft.version))
          throw new GatewayError('RULE_VERSION', { rule: id, old: old.draft.version, version: draft.version });
        return old;
      };
      replaced();
      // before the lock, as above
      const definition = await check(parsed);
      await lock.run(id, async () => {
        const old = replaced();
        await save(draft);
        if (!old?.handle) return add(parsed, runtime.createRule(definition));
        old.draft = draft;
        old.parsed = parsed;
        background(id, 'update', old.handle.update(definition));
      });
    },
    async delete(id) {
      checkName(id);
      await lock.run(id, async () => {
        const entry = all.get(id);
        if (!entry) throw new GatewayError('RULE_UNKNOWN', { rule: id });
        await table.delete(id);
        all.delete(id);
        if (entry.handle) await entry.handle.delete();
      });
    },
    describe(id) {
      const entry = found(id, '.');
      // eKuiper keeps temporary rules out of the store and so does not describe them
      if (entry.draft.temp) throw new GatewayError('RULE_NOT_FOUND', { text: `Rule ${id} is not found.` });
      return maskRuleText(entry.draft.text);
    },
    start,
    stop,
    restart: (id) =>
      lock.run(id, async () => {
        const entry = inRegistry(id);
        const handle = handleOf(entry);
        planning.check(entry.parsed!);
        await setTriggered(entry, true);
        background(id, 'restart', handle.restart());
      }),
    resetOffset: (id, stream, values) => handleOf(inRegistry(id)).resetOffset(stream, values),
    status(id) {
      const entry = found(id);
      return entry.handle ? entry.handle.status() : broken(entry);
    },
    statusV2(id) {
      const entry = found(id);
      return entry.handle ? entry.handle.statusV2() : broken(entry);
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
      const entry = found(id);
      if (!entry.handle) return { state: 'stoppedByError', ok: false, problems: [entry.problem] };
      const health = entry.handle.health();
      const missing = missingSecrets(entry.draft.text);
      if (missing.length === 0) return health;
      const problem = `Secrets are missing since the rule came from an export; set them again: ${missing.join(', ')}.`;
      return { ...health, ok: false, problems: [problem, ...health.problems] };
    },
    parkedRows: (id) => handleOf(found(id)).parkedRows(),
    topo(id) {
      const { handle } = found(id);
      const topo = handle?.topo();
      if (!topo || topo.sources.length === 0) throw new GatewayError('RULE_TOPO', { rule: id });
      return topo;
    },
    async explain(id) {
      const { parsed } = found(id, '.');
      if (parsed?.draft.graph) throw new GatewayError('SERVICE_REFUSED', { text: 'only support explain sql now' });
      if (!parsed) throw new GatewayError('SERVICE_REFUSED', { text: 'the stored rule cannot be read' });
      return planning.explain(parsed);
    },
    schema(id) {
      const { parsed } = found(id);
      const fields = parsed?.selects[0]?.tree().fields.filter((f) => !f.invisible) ?? [];
      return Object.fromEntries(fields.map((f, index) => [f.alias ?? f.name, { hasIndex: true, index }]));
    },
    async validate(text) {
      const { parse, checkArguments, check: checkPlan } = await plan();
      const parsed = parse(parseRuleJson(text));
      for (const name of parsed.sources) sourceOf(name, deps);
      await answered(() => checkArguments(parsed));
      if (parsed.draft.graph) checkPlan(parsed);
      return [...parsed.sources];
    },
    editTags: (id, edit) =>
      lock.run(checkName(id), async () => {
        const entry = found(id, '.');
        const tags = [...new Set(edit(entry.draft.tags ?? []))];
        await rewrite(entry, (o) => (o['tags'] = tags));
      }),
    matchTags,
    async bulk(action, tags) {
      // no tags would match every rule: a slip of the keyboard must not stop the whole gateway
      const ids = tags.length ? matchTags(tags) : [];
      if (ids.length === 0) throw new GatewayError('SERVICE_REFUSED', { text: `bulk ${action} failed: no matching rules` });
      return Promise.all(
        ids.map(async (ruleId): Promise<BulkResult> => {
          try {
            await (action === 'start' ? start(ruleId) : stop(ruleId));
            return { ruleId, success: true };
          } catch (error) {
            return { ruleId, success: false, error: messageOf(error) };
          }
        }),
      );
    },
    setTrace(id, on) {
      const entry = all.get(id);
      if (!entry) throw new GatewayError('SERVICE_REFUSED', { text: `rule ${id} isn't existed` });
      entry.trace = on;
    },
    exists: (id) => all.has(id),
    withSecrets: (id, text) => unmaskRuleText(text, all.get(id)?.draft.text),
    texts: () => new Map([...all.values()].filter((e) => !e.draft.temp).map((e) => [e.draft.id, maskRuleText(e.draft.text)])),
    sourcesOf: (id) => all.get(id)?.parsed?.sources ?? [],
    actionsOf: (id) => all.get(id)?.parsed?.actions ?? [],
    rulesReading: (source) => [...all.values()].filter((e) => e.parsed?.sources.includes(source)).map((e) => e.draft.id),
    rulesSelecting: (connection) => [...all.values()].filter((e) => selects(e.draft, connection)).map((e) => e.draft.id),
    columnsRead: (source) => {
      const columns = new Set<string>();
      for (const { handle, parsed } of all.values()) {
        if (handle?.state !== 'running' || !parsed?.sources.includes(source)) continue;
        for (const input of planning.compile(parsed).inputs) if (input.source === source) for (const c of input.columns) columns.add(c);
      }
      return [...columns].sort();
    },
    versionOf: (id) => all.get(id)?.draft.version,
    pluginChanged(touched, movedByItself) {
      const texts = [...all.values()].map(
        ({ draft, parsed }): RuleText => ({
          id: draft.id,
          text: draft.text,
          sourceTypes: (parsed?.sources ?? []).map((name) => deps.findStream(name)?.type ?? ''),
          actions: draft.actions,
        }),
      );
      for (const id of touched(texts))
        background(
          id,
          'follow a plugin',
          lock.run(id, () => follow(id, movedByItself)),
        );
    },
    async load(safe) {
      const stored = await table.all();
      if (stored.size === 0) return;
      const { parse, definition } = await plan();
      for (const [id, text] of stored) {
        try {
          const parsed = parse(parseRuleJson(text, id));
          if (safe) {
            all.set(id, { draft: parsed.draft, parsed, handle: undefined, problem: 'the gateway is in safe mode', trace: false });
            continue;
          }
          add(parsed, runtime.createRule(definition(parsed)));
        } catch (error) {
          log.error(
            { code: 'CATALOG_ENTRY', rule: id, reason: messageOf(error) },
            'A stored rule cannot be started; it is kept and shown with the reason.',
          );
          all.set(id, { draft: brokenDraft(id, text), parsed: undefined, handle: undefined, problem: messageOf(error), trace: false });
        }
      }
    },
  };
}

/** eKuiper puts this before everything that is wrong with the text of a rule; it all has code 1000. */
function understand<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new GatewayError('RULE_JSON', { text: `${prefix}: ${messageOf(error)}` }, { cause: error });
  }
}

/** Status of a rule that the runtime does not know. */
function broken({ problem }: Entry): RuleStatus {
  return { status: 'stopped by error', message: problem, lastStartTimestamp: 0, lastStopTimestamp: 0, nextStartTimestamp: 0 };
}

/** Stored by another version, or by hand: listed, described and deletable, but not more. */
function brokenDraft(id: string, text: string): RuleDraft {
  return {
    id,
    name: '',
    version: '',
    triggered: false,
    temp: false,
    tags: undefined,
    sql: '',
    graph: undefined,
    actions: [],
    options: undefined,
    text,
  };
}

function selects(draft: RuleDraft, connection: string): boolean {
  return draft.actions.some((a) =>
    Object.values(a).some((props) => (props as { connectionSelector?: unknown } | null)?.connectionSelector === connection),
  );
}

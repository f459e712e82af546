// Use cases of rules without HTTP. Order of every change: check everything, then store, then act; so a refused or failed command
// leaves the rule as it was. Commands on one rule run one after the other. Texts: docs/spec/rest.json, rules.md §1.

import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { newTold, settle, type Told } from '../../contract/told.ts';
import type { RuleDefinition, RuleHandle, Runtime, TraceStrategy } from '../../runtime/index.ts';
import type { KvTable } from '../../store/index.ts';
import { editJsonText } from '../json-text.ts';
import { createKeyedLock } from '../keyed-lock.ts';
import { checkName } from '../names.ts';
import type { RuleText } from '../plugins/rules-touched-by.ts';
import { mayReplace } from '../versions.ts';
import { within } from '../within.ts';
import { type LoadPlanning, type ParsedRule, type Planning, type PlanningDeps, sourceOf } from './planning.ts';
import { parseRuleJson, type RuleDraft, spellRule, understand } from './rule-json.ts';
import { notesOf } from './rule-notes.ts';
import { brokenDraft, type Entry, found, handleOf, inRegistry } from './rule-registry.ts';
import { unmaskRuleText } from './rule-secrets.ts';
import { createRuleViews, type RuleViews } from './rule-views.ts';

/** The answer to an update waits so long for the new run, so that whoever asks next finds it. */
const UPDATE_PATIENCE_MS = 1000;
/** Value of a mark: the version of what it means. */
const MARK = '1';

export interface BulkResult {
  ruleId: string;
  success: boolean;
  error?: string;
}

export interface RuleService extends RuleViews {
  /** @param told gets what has no effect  @returns the id */
  create(text: string, told?: Told): Promise<string>;
  /** PUT: replaces or creates. @param fromImport skips an item that is not newer instead of refusing it */
  replace(id: string, text: string, told?: Told): Promise<void>;
  delete(id: string): Promise<void>;
  start(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  restart(id: string): Promise<void>;
  /** Sets the position of a source of a running rule. */
  resetOffset(id: string, stream: string, values: Readonly<Record<string, unknown>>): void;
  /** What eKuiper looks at (JSON, options, SQL, that the sources exist) refuses; why `create` would refuse it all the same is told,
   *  and refuses for a strict caller. @returns names of the sources */
  validate(text: string, told?: Told): Promise<string[]>;
  editTags(id: string, edit: (tags: readonly string[]) => string[]): Promise<void>;
  bulk(action: 'start' | 'stop', tags: readonly string[]): Promise<BulkResult[]>;
  /** @param strategy undefined: no longer */
  setTrace(id: string, strategy: TraceStrategy | undefined): void;
  /** A plugin came, went or changed: rules that use it are planned anew and go on with their state; those it stopped start again.
   *  @param touched picks the rules  @param running false: rules that run are left alone (they follow by themselves) */
  pluginChanged(touched: (rules: Iterable<RuleText>) => string[], movedByItself: boolean): void;
  /** Everything that could refuse a rule, against other streams and keys than those in effect. @throws as create */
  examine(planning: LoadPlanning, text: string, id: string, legacy: boolean): Promise<RuleDraft>;
  /** @throws GatewayError RULE_VERSION when a rule of that name has a higher one */
  checkVersion(id: string, version: string): void;
  /** Takes a rule that is stored already (an import), or lets go of one that is not any more. Never refuses: what cannot run is shown with its reason. */
  adopt(id: string, text: string | undefined): Promise<void>;
  /** What each rule that can run hands to connectors now, as text: to find out what a change of streams, keys or secrets touches. */
  fingerprints(): ReadonlyMap<string, string>;
  /** Makes what the rule hands to connectors, for those who look on (which secrets it asks for). */
  touchSpecs(id: string): void;
  ids(): string[];
  /** Rules whose fingerprint is another one go on with what is in effect now. */
  refresh(before: ReadonlyMap<string, string>): void;
  /** Creates the stored rules and tells triggered ones to start. @param safe nothing is started */
  load(safe: boolean): Promise<void>;
}

export interface RuleServiceDeps extends PlanningDeps {
  planning: LoadPlanning;
  runtime: Runtime;
  table: KvTable;
  /** Rule ids whose text was stored by a version that knows option sqlCompatibility. The others keep eKuiper's answers. */
  marks: KvTable;
  log: Log;
  clock: Clock;
  /** Questions to plugins about arguments that planning has raised, under way. */
  questions?(): readonly Promise<void>[];
}

export function createRuleService(deps: RuleServiceDeps): RuleService {
  const { runtime, table, marks, log } = deps;
  /** Set before the first entry of `all` is made. */
  let planning!: Planning;
  const all = new Map<string, Entry>();
  const lock = createKeyedLock();
  /** Ids of stored rules that are marked. */
  const marked = new Set<string>();
  const views = createRuleViews(all, () => planning);

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
  const check = async (parsed: ParsedRule, told: Told = newTold()): Promise<RuleDefinition> => {
    await planning.prepare(parsed);
    const definition = planning.definition(parsed, await answered(() => planning.compile(parsed)));
    const notes = await notesOf(parsed, definition, runtime, told);
    settle(told);
    return { ...definition, notes };
  };
  const save = (draft: RuleDraft): Promise<unknown> => (draft.temp ? table.delete(draft.id) : table.set(draft.id, draft.text));
  /** The mark goes first: a rule without it would keep eKuiper's answers. */
  const store = async (draft: RuleDraft): Promise<void> => {
    if (!draft.temp && !marked.has(draft.id)) {
      await marks.set(draft.id, MARK);
      marked.add(draft.id);
    }
    await save(draft);
  };
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
  const fingerprintOf = (parsed: ParsedRule): string => {
    try {
      const { actions, sources } = planning.definition(parsed);
      return JSON.stringify([actions, parsed.inputs.map((name) => sources(name))], (_k, v: unknown) =>
        typeof v === 'bigint' ? `${v}n` : v,
      );
    } catch (error) {
      return messageOf(error); // it could not start now either
    }
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
      const entry = inRegistry(all, id);
      const handle = handleOf(entry);
      // a plan error answers at once: the streams may have changed since the rule was made
      if (handle.state === 'stopped' || handle.state === 'stoppedByError') planning.check(entry.parsed!);
      await setTriggered(entry, true);
      background(id, 'start', handle.start());
    });
  const stop = (id: string) =>
    lock.run(id, async () => {
      const entry = inRegistry(all, id);
      await setTriggered(entry, false);
      if (entry.handle) background(id, 'stop', entry.handle.stop());
    });
  /** A stored rule, ready to be started. */
  const read = async (id: string, text: string): Promise<ParsedRule> => {
    const parsed = (await plan()).parse(parseRuleJson(text, id), !marked.has(id));
    await planning.prepare(parsed);
    return parsed;
  };
  const broken = (id: string, text: string, error: unknown, what: string) => {
    log.error({ code: 'CATALOG_ENTRY', rule: id, reason: messageOf(error) }, `${what}; it is kept and shown with the reason.`);
    all.set(id, { draft: brokenDraft(id, text), parsed: undefined, handle: undefined, problem: messageOf(error), trace: false });
  };
  const follow = async (id: string, movedByItself: boolean) => {
    const entry = all.get(id);
    if (!entry) return;
    if (!entry.parsed) {
      // it could not be read while a function was missing
      const parsed = await read(id, entry.draft.text);
      add(parsed, runtime.createRule(planning.definition(parsed)));
      return;
    }
    const { handle, draft } = entry;
    if (!handle || !draft.triggered || handle.parked) return;
    if (handle.state === 'stoppedByError') background(id, 'start', handle.start());
    else if (!movedByItself) background(id, 'restart', handle.restart({ keepState: true }));
  };
  return {
    ...views,
    async create(text, told) {
      const { parse } = await plan();
      const parsed = await answered(() => understand('invalid rule json', () => parse(parseRuleJson(text))));
      const { draft } = parsed;
      const mustBeNew = () => {
        if (all.has(draft.id)) throw new GatewayError('RULE_EXISTS', { rule: draft.id });
      };
      mustBeNew();
      // before the lock: connectors and plugins look at their options there, and one that hangs must not hold the id
      const definition = await check(parsed, told);
      return lock.run(draft.id, async () => {
        mustBeNew();
        await store(draft);
        add(parsed, runtime.createRule(definition));
        return draft.id;
      });
    },
    async replace(id, given, told) {
      checkName(id);
      const text = spellRule(given);
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
      const definition = await check(parsed, told);
      await lock.run(id, async () => {
        const old = replaced();
        await store(draft);
        if (!old?.handle) return add(parsed, runtime.createRule(definition));
        old.draft = draft;
        old.parsed = parsed;
        const update = old.handle.update(definition);
        background(id, 'update', update);
        await within(update, UPDATE_PATIENCE_MS, deps.clock);
      });
    },
    async delete(id) {
      checkName(id);
      await lock.run(id, async () => {
        const entry = all.get(id);
        if (!entry) throw new GatewayError('RULE_UNKNOWN', { rule: id });
        await table.delete(id);
        if (marked.delete(id)) await marks.delete(id);
        all.delete(id);
        if (entry.handle) await entry.handle.delete();
      });
    },
    start,
    stop,
    restart: (id) =>
      lock.run(id, async () => {
        const entry = inRegistry(all, id);
        const handle = handleOf(entry);
        planning.check(entry.parsed!);
        await setTriggered(entry, true);
        background(id, 'restart', handle.restart());
      }),
    resetOffset: (id, stream, values) => handleOf(inRegistry(all, id)).resetOffset(stream, values),
    async validate(text, told = newTold()) {
      const { parse, checkArguments, check: checkPlan } = await plan();
      const parsed = parse(parseRuleJson(text));
      for (const name of parsed.sources) sourceOf(name, deps);
      await answered(() => checkArguments(parsed));
      await planning.prepare(parsed);
      if (parsed.draft.graph) checkPlan(parsed);
      await check(parsed, told).catch((error: unknown) => {
        if (told.strict) throw error;
        told.warnings.push(`The rule cannot be made: ${messageOf(error)}`);
      });
      return [...parsed.sources];
    },
    editTags: (id, edit) =>
      lock.run(checkName(id), async () => {
        const entry = found(all, id, '.');
        const tags = [...new Set(edit(entry.draft.tags ?? []))];
        await rewrite(entry, (o) => (o['tags'] = tags));
      }),
    async bulk(action, tags) {
      // no tags would match every rule: a slip of the keyboard must not stop the whole gateway
      const ids = tags.length ? views.matchTags(tags) : [];
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
    setTrace(id, strategy) {
      const entry = all.get(id);
      if (!entry) throw new GatewayError('SERVICE_REFUSED', { text: `rule ${id} isn't existed` });
      entry.trace = strategy !== undefined;
      if (entry.handle) background(id, 'trace', entry.handle.setTrace(strategy));
    },
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
    async examine(load, text, id, legacy) {
      const { parse, definition, compile, prepare } = await load();
      const parsed = await answered(() => understand('Invalid rule json', () => parse(parseRuleJson(text, checkName(id)), legacy)));
      await prepare(parsed);
      const made = definition(parsed, await answered(() => compile(parsed)));
      await runtime.validateRule({ ...made, streams: parsed.inputs });
      return parsed.draft;
    },
    checkVersion(id, version) {
      const old = all.get(id);
      if (old && !mayReplace(old.draft.version, version))
        throw new GatewayError('RULE_VERSION', { rule: id, old: old.draft.version, version });
    },
    adopt: (id, text) =>
      lock.run(id, async () => {
        const old = all.get(id);
        if (await marks.get(id)) marked.add(id);
        else marked.delete(id);
        if (text === undefined) {
          all.delete(id);
          await old?.handle?.delete();
          return;
        }
        try {
          const parsed = await read(id, text);
          const next = planning.definition(parsed);
          if (!old?.handle) return add(parsed, runtime.createRule(next));
          old.draft = parsed.draft;
          old.parsed = parsed;
          background(id, 'update', old.handle.update(next));
        } catch (error) {
          broken(id, text, error, 'An imported rule cannot be started');
          await old?.handle?.delete();
        }
      }),
    fingerprints() {
      const out = new Map<string, string>();
      for (const [id, { parsed, handle }] of all) if (parsed && handle) out.set(id, fingerprintOf(parsed));
      return out;
    },
    touchSpecs(id) {
      const parsed = all.get(id)?.parsed;
      if (parsed) fingerprintOf(parsed);
    },
    ids: () => [...all.keys()],
    refresh(before) {
      for (const [id, { parsed, handle }] of all) {
        const text = before.get(id);
        if (!parsed || !handle || text === undefined || text === fingerprintOf(parsed)) continue;
        background(
          id,
          'take over what changed',
          lock.run(id, async () => handle.update(planning.definition(parsed))),
        );
      }
    },
    async load(safe) {
      const stored = await table.all();
      if (stored.size === 0) return;
      for (const id of await marks.keys()) marked.add(id);
      for (const [id, text] of stored) {
        try {
          const parsed = await read(id, text);
          if (safe) {
            all.set(id, { draft: parsed.draft, parsed, handle: undefined, problem: 'the gateway is in safe mode', trace: false });
            continue;
          }
          add(parsed, runtime.createRule(planning.definition(parsed)));
        } catch (error) {
          broken(id, text, error, 'A stored rule cannot be started');
        }
      }
    },
  };
}

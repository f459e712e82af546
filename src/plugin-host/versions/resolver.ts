// Carries out the choice of a version (choose.ts): reads files, puts one into effect, tells what changed. Changes of one plugin come one after
// the other; a plugin that hangs while it is loaded keeps no other waiting. Made by plugin-registry.ts.
import type { Clock } from '../../base/clock.ts';
import { isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { FoundFile } from '../files/scan.ts';
import type { ModuleText } from '../worker/load-module.ts';
import { type Answer, advance, beginChoice, type Step } from './choose.ts';
import type { Active, Candidate, PluginEntry } from './plugin-entry.ts';
import type { Quarantine } from './quarantine.ts';
import type { PluginChange } from './registry-api.ts';

export interface ResolverDeps {
  clock: Clock;
  log: Log;
  quarantine: Quarantine;
  /** Plugins that have been resolved, as lists show them. */
  entries: Map<string, PluginEntry>;
  /** These and those that are being loaded for the first time. */
  known: Map<string, PluginEntry>;
  namesOf(entry: PluginEntry): string;
  read(entry: PluginEntry, file: FoundFile): ModuleText;
  activate(entry: PluginEntry, file: FoundFile, text: ModuleText): Promise<Active>;
  deactivate(entry: PluginEntry): Promise<void>;
  onChange(change: PluginChange): void;
  /** What is known of a plugin has changed. */
  onResolved(): void;
}

export interface Resolver {
  /** @param force also what is in effect is loaded again */
  resolve(entry: PluginEntry, files: readonly FoundFile[], force: boolean): Promise<void>;
  /** Chooses anew among the versions that are known. */
  again(entry: PluginEntry, force?: boolean): Promise<void>;
  /** Resolves when nothing is under way. */
  allDone(): Promise<void>;
}

export function createResolver(deps: ResolverDeps): Resolver {
  const { clock, log, quarantine, entries, known } = deps;
  const chains = new Map<string, Promise<unknown>>();
  const later = <T>(plugin: string, work: () => Promise<T>): Promise<T> => {
    const next = (chains.get(plugin) ?? Promise.resolve()).then(work);
    const done = next
      .catch((error: unknown) => log.error({ code: 'INTERNAL', plugin, reason: messageOf(error) }, 'A plugin could not be updated.'))
      .finally(() => {
        if (chains.get(plugin) === done) chains.delete(plugin);
      });
    chains.set(plugin, done);
    return next;
  };

  /** What a step of the choice needs to hand on to the next one. */
  interface Tried {
    texts: Map<number, ModuleText>;
    started: Map<number, Active>;
  }

  /** Carries out one step of a choice. */
  const take = async (entry: PluginEntry, step: Step & { at: number }, file: FoundFile, tried: Tried): Promise<Answer> => {
    const plugin = nameOf(entry);
    try {
      if (step.do === 'activate') {
        tried.started.set(step.at, await deps.activate(entry, file, tried.texts.get(step.at)!));
        return { is: 'works' };
      }
      const text = deps.read(entry, file);
      tried.texts.set(step.at, text);
      const bad = quarantine.find(plugin, text.hash, file.stamp);
      if (!bad) return { is: 'fit', hash: text.hash };
      if (bad.stamp !== undefined) return { is: 'unfit', state: 'failed', reason: bad.reason };
      const command = `kuiper plugin release ${entry.kind.slice(0, -1)} ${entry.name}`;
      const reason = `${bad.reason}; quarantined at ${new Date(bad.atMs).toISOString()}: correct the file, or try it again as it is with \`${command}\``;
      return { is: 'unfit', state: 'quarantined', reason };
    } catch (error) {
      const reason = messageOf(error);
      const text = tried.texts.get(step.at);
      if (entry.active && text && isGatewayError(error) && error.code === 'PLUGIN_START')
        // at the next start of the gateway the version before shall be in effect as it is now
        quarantine.add({ plugin, version: file.version, hash: text.hash, stamp: file.stamp, reason, atMs: clock.now() });
      log.error({ code: 'PLUGIN_LOAD', plugin, file: file.path, reason }, 'A version of a plugin cannot be used.');
      const taken = isGatewayError(error) ? error.params['taken'] : undefined;
      return { is: 'fails', reason, ...(typeof taken === 'string' ? { cause: taken } : {}) };
    }
  };

  /** Finds the version of a plugin that takes effect: the latest that loads. */
  const resolve = async (entry: PluginEntry, files: readonly FoundFile[], force: boolean): Promise<void> => {
    const before = entry.active;
    const plugin = nameOf(entry);
    entry.names = deps.namesOf(entry);
    const tried: Tried = { texts: new Map(), started: new Map() };
    let choice = beginChoice(files, before && { path: before.file.path, hash: before.text.hash }, force);
    for (const c of choice.candidates)
      if (c.state !== 'superseded')
        log.error({ code: 'PLUGIN_LOAD', plugin, reason: c.reason }, 'Two files provide the same plugin version.');
    while (choice.step.do !== 'end') {
      const { step } = choice;
      choice = advance(choice, await take(entry, step, choice.candidates[step.at]!.file, tried));
    }
    const { chosen: which } = choice.step;
    const chosen = which === 'before' ? before : which === undefined ? undefined : tried.started.get(which);
    if (before?.close && chosen !== before) await before.close();
    if (chosen) entry.active = chosen;
    else if (before) await deps.deactivate(entry);
    // shown only now: what is being loaded is neither running nor failed yet
    entry.candidates = choice.candidates.map((c): Candidate => ({ ...c }));
    if (entry.candidates.length > 0) entries.set(plugin, entry);
    else {
      entries.delete(plugin);
      if (entry.wanted.length === 0) known.delete(plugin);
    }
    tell(entry, before);
    deps.onResolved();
  };

  const tell = (entry: PluginEntry, before: Active | undefined) => {
    const now = entry.active;
    if (now === before) return;
    const freed = (before?.functions ?? []).filter((name) => !now?.functions.includes(name));
    if (freed.length > 0) retryRefused(freed);
    const what = !before ? 'added' : !now ? 'removed' : now.shape === before.shape ? 'moved' : 'shape';
    log.info({ plugin: nameOf(entry), version: now?.file.version ?? '', was: before?.file.version, what }, 'Plugin changed.');
    deps.onChange({
      kind: entry.kind,
      name: entry.name,
      what,
      functions: [...new Set([...(before?.functions ?? []), ...(now?.functions ?? [])])],
    });
  };

  const inTurn = (entry: PluginEntry, files: () => readonly FoundFile[], force: boolean) =>
    later(nameOf(entry), () => resolve(entry, files(), force));
  const again = (entry: PluginEntry, force = false) => inTurn(entry, () => entry.candidates.map((c) => c.file), force);

  /** A name of a function is free again: who wanted it gets it. */
  const retryRefused = (freed: readonly string[]) => {
    for (const e of entries.values())
      if (e.kind === 'functions' && e.candidates.some((c) => c.cause !== undefined && freed.includes(c.cause)))
        // a failure is logged by `later`
        void again(e).catch(() => undefined);
  };

  return {
    resolve: (entry, files, force) => inTurn(entry, () => files, force),
    again,
    async allDone() {
      while (chains.size > 0) await Promise.all(chains.values());
    },
  };
}

const nameOf = (entry: PluginEntry): string => `${entry.kind}/${entry.name}`;

// One instance of a source, sink or lookup plugin that lives in a worker, and may be moved to another version while it runs. What all
// three kinds share: creation, state, opening, closing, replacement. Used by remote-source.ts, remote-sink.ts, remote-lookup.ts.
import type { Clock } from '../../base/clock.ts';
import type { ComponentContext, StateStore } from '../../contract/context.ts';
import type { Emitted, InstanceInfo } from '../worker/protocol.ts';
import { LIMITS_MS, type LimitedMethod, withDeadline } from './deadline.ts';
import { toPlugin } from './plugin-values.ts';
import type { InstanceListener, PluginWorker } from './plugin-worker.ts';

export type Role = 'main' | 'lookup';

/** The version in effect, as instances see it; the loader replaces `version`. */
export interface RemotePlugin {
  readonly kind: 'sources' | 'sinks';
  readonly name: string;
  version: RemoteVersion;
  readonly instances: Set<RemoteInstance>;
  /** State of a singleton. */
  readonly state: PersistentState;
  /** State of a lookup source: a table belongs to no rule whose checkpoint could hold it. */
  tableState(table: string): PersistentState;
  readonly clock: Clock;
}

export interface RemoteVersion {
  readonly worker: PluginWorker;
  readonly symbols: { main: string; lookup: string };
  readonly singleton: { main: boolean; lookup: boolean };
}

/** A key-value state that can be listed. */
export interface PersistentState extends StateStore {
  entries(): [string, unknown][];
}

interface Part {
  version: RemoteVersion;
  id: number;
}

export interface InstanceHooks {
  /** @param part where it came from; answers go there */
  emitted(batch: Emitted, part: { version: RemoteVersion; id: number }): void;
  lost(error: Error): void;
}

export class RemoteInstance {
  private readonly plugin: RemotePlugin;
  private readonly role: Role;
  private readonly hooks: InstanceHooks;
  private part: Part | undefined;
  private configured: unknown[] | undefined;
  private context: ComponentContext | undefined;
  private beforeOpen: (() => Promise<void>) | undefined;
  private unused: ReturnType<Clock['setTimer']> | undefined;
  /** Resolves when a replacement under way is done. */
  private moving: Promise<void> | undefined;
  private next: Part | undefined;

  constructor(plugin: RemotePlugin, role: Role, hooks: InstanceHooks) {
    this.plugin = plugin;
    this.role = role;
    this.hooks = hooks;
  }

  get isOpen(): boolean {
    return this.context !== undefined;
  }

  /** Makes an instance and has it check its properties; it is dropped when nothing opens it soon (a rule that is only checked). */
  async configure(args: unknown[]): Promise<void> {
    this.configured = args.map(toPlugin);
    this.dropUnused();
    this.part = await this.make(this.plugin.version);
    this.unused = this.plugin.clock.setTimer(10_000, () => {
      if (!this.isOpen) this.release();
    });
  }

  async open(context: ComponentContext, beforeOpen?: () => Promise<void>): Promise<void> {
    this.clearTimer();
    this.plugin.instances.add(this);
    this.context = context;
    this.beforeOpen = beforeOpen;
    if (this.part && this.part.version !== this.plugin.version) this.release();
    this.part ??= await this.make(this.plugin.version);
    const part = this.part;
    try {
      await this.openPart(part);
    } catch (error) {
      // the next try begins with a new instance
      this.release();
      throw error;
    }
  }

  /** Waits for a replacement under way, so that callers always meet the version in effect. */
  async call(method: string, args: unknown[]): Promise<unknown> {
    while (this.moving) await this.moving;
    if (!this.part) throw new Error(`plugin ${this.plugin.name} is not open`);
    return this.ask(this.part, method as LimitedMethod, args);
  }

  /** Also while a replacement is under way: for what belongs to opening. */
  async direct(method: string, args: unknown[]): Promise<unknown> {
    return this.part && this.ask(this.part, method as LimitedMethod, args);
  }

  /** One call, with the end that its method has (deadline.ts). */
  private ask({ version, id }: Part, method: LimitedMethod, args: unknown[]): Promise<unknown> {
    return withDeadline(this.plugin.clock, `${this.plugin.kind}/${this.plugin.name}`, method, version.worker.call(id, method, args));
  }

  async close(reason: string | undefined): Promise<void> {
    while (this.moving) await this.moving;
    this.clearTimer();
    this.context = undefined;
    this.plugin.instances.delete(this);
    const part = this.part;
    this.part = undefined;
    if (part) await this.closePart(part, reason);
  }

  /** First half of a replacement: the new version takes the properties, or refuses them and nothing has changed. */
  async prepare(version: RemoteVersion): Promise<void> {
    this.next = await this.make(version);
  }

  /** Second half: the old instance ends, the new one opens. @throws when it cannot; `restore` brings the old version back */
  async move(): Promise<void> {
    const next = this.next;
    this.next = undefined;
    if (!next) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.moving = promise;
    try {
      const old = this.part;
      this.part = next;
      if (old) await this.closePart(old, 'reopen');
      if (this.context) await this.openPart(next);
    } finally {
      this.moving = undefined;
      resolve();
    }
  }

  async restore(version: RemoteVersion): Promise<void> {
    if (this.next) this.next.version.worker.detach(this.next.id);
    this.next = undefined;
    if (this.part?.version === version) return;
    await this.prepare(version);
    await this.move();
  }

  /** The plugin is gone. */
  removed(error: Error): void {
    if (this.isOpen) this.hooks.lost(error);
  }

  private applyState(changes: [key: string, value: unknown, has: boolean][]): void {
    if (!this.context) return;
    const store = this.ownState(this.context) ?? this.context;
    for (const [key, value, has] of changes) {
      if (has) store.putState(key, value);
      else store.deleteState(key);
    }
  }

  /** The store of the plugin or of a table; undefined: the rule's. */
  private ownState(context: ComponentContext): PersistentState | undefined {
    if ((this.part?.version ?? this.plugin.version).singleton[this.role]) return this.plugin.state;
    return this.role === 'lookup' ? this.plugin.tableState(context.getOpId()) : undefined;
  }

  private async make(version: RemoteVersion): Promise<Part> {
    await version.worker.start();
    const part: Part = { version, id: version.worker.attach(this.listenerFor(version)) };
    try {
      await this.ask(part, 'create', [version.symbols[this.role]]);
      if (this.configured) await this.ask(part, 'configure', this.configured);
    } catch (error) {
      version.worker.detach(part.id);
      throw error;
    }
    return part;
  }

  /** The old worker's end must not count as a loss of the new one. */
  private listenerFor(version: RemoteVersion): InstanceListener {
    return {
      emitted: (batch) => this.hooks.emitted(batch, { version, id: batch.id }),
      state: (changes) => this.applyState(changes),
      lost: (error) => {
        // an end of the worker, or the instance's own report; the owner closes and opens again
        if (this.part?.version === version) this.hooks.lost(error);
      },
    };
  }

  private async openPart(part: Part): Promise<void> {
    const c = this.context!;
    await this.beforeOpen?.();
    const state =
      this.ownState(c)?.entries() ?? Object.entries((c as { saveState?: () => Record<string, unknown> | undefined }).saveState?.() ?? {});
    const info: InstanceInfo = {
      ruleId: c.getRuleId(),
      opId: c.getOpId(),
      instanceId: c.getInstanceId(),
      rootPath: c.getRootPath(),
      state,
    };
    await this.ask(part, 'open', [info]);
  }

  private async closePart(part: Part, reason: string | undefined): Promise<void> {
    const { clock } = this.plugin;
    const limit = new AbortController();
    try {
      await Promise.race([
        part.version.worker.call(part.id, 'close', [reason]),
        clock.sleep(LIMITS_MS.close, limit.signal).then(() => {
          throw new Error(`close of plugin ${this.plugin.name} did not end within ${LIMITS_MS.close} ms; no longer waiting for it`);
        }),
      ]);
    } finally {
      limit.abort();
      part.version.worker.detach(part.id);
    }
  }

  private release(): void {
    const part = this.part;
    this.part = undefined;
    part?.version.worker.detach(part.id);
  }

  private dropUnused(): void {
    this.clearTimer();
    this.release();
  }

  private clearTimer(): void {
    this.plugin.clock.clear(this.unused);
    this.unused = undefined;
  }

  /** Credit and confirmations go to the worker that the rows came from. */
  static reply(part: Part, message: { t: 'credit'; rows: number } | { t: 'acked'; numbers: number[] }): void {
    part.version.worker.post({ ...message, id: part.id });
  }
}

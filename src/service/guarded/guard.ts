// Changes that are watched: done in order, then all rules are looked at for a while, and everything is taken back when a step fails or a rule gets worse.
// The watch is the gateway's own: whoever asked for it may be gone meanwhile, and a gateway that ended during it takes the changes back when it starts
// again. One set at a time. Loaded on use. Called by rest/routes/guarded.ts. Next: change.ts, worse.ts.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { MASK } from '../../base/secrets.ts';
import type { KvTable } from '../../store/index.ts';
import type { RuleHistory } from '../rules/rule-history.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { RulesetTransfer } from '../transfer/ruleset.ts';
import { type Before, type Change, targetOf } from './change.ts';
import { WATCHED as KEY } from './record.ts';
import { type Judged, worsened } from './worse.ts';

export const MAX_CHANGES = 20;
export const MIN_WATCH_MS = 1000;
export const MAX_WATCH_MS = 300_000;
const LOOK_EVERY_MS = 1000;

export interface GuardState {
  readonly id: string;
  /** `changing`: steps are being done. `watching`: all are done. `reverting`: they are being taken back. */
  readonly phase: 'changing' | 'watching' | 'reverting' | 'kept' | 'reverted';
  readonly by: string;
  readonly reason: string;
  readonly targets: readonly string[];
  readonly beganAtMs: number;
  readonly watchMs: number;
  readonly watchedMs: number;
  /** Why it was taken back; [] when it was not. */
  readonly reasons: readonly string[];
  /** What could not be taken back; a person must look. */
  readonly notReverted: readonly string[];
  /** Changed rules, and those that are not well. */
  readonly rules: readonly { id: string; state: string; ok: boolean; problems: readonly string[] }[];
}

export interface GuardRequest {
  changes: readonly Change[];
  watchMs: number;
  by: string;
  reason: string;
  /** What each target was when the changes were thought of, null = there was none; another text refuses all. */
  expected?: Readonly<Record<string, string | null>>;
}

export interface Guard {
  /** Begins; the steps and the watch go on without the caller.  @throws GatewayError SERVICE_REFUSED */
  apply(request: GuardRequest): Promise<GuardState>;
  /** Of the last set, or of the one named. @throws SERVICE_NOT_FOUND */
  state(id?: string): GuardState | undefined;
  /** Takes back what a gateway that ended had on watch. */
  recover(): Promise<void>;
  /** The gateway stops: the watch ends, and goes on as a return at the next start. */
  close(): void;
}

export interface GuardDeps {
  rules: RuleService;
  ruleHistory: RuleHistory;
  ruleset: Pick<RulesetTransfer, 'exportAll'>;
  streams: StreamService;
  /** One record: what is to be undone. */
  table: KvTable;
  clock: Clock;
  log: Log;
}

/** One step as it is kept on the disk: without definitions, which may hold what is secret. */
interface Step {
  op: Change['op'];
  target: string;
  name: string;
  kind?: 'stream' | 'table';
  existed: boolean;
  running: boolean;
  /** Of a rule: its newest version before. */
  version?: string;
  /** Of a stream or table. */
  sql?: string;
}

interface Kept {
  id: string;
  by: string;
  reason: string;
  steps: Step[];
}

export function createGuard(deps: GuardDeps): Guard {
  const { rules, ruleHistory, ruleset, streams, table, clock, log } = deps;
  const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
  let last: GuardState | undefined;
  const stopped = new AbortController();
  const put = (more: Partial<GuardState>) => {
    if (last) last = { ...last, ...more };
  };
  const look = () => ({ rules: rules.overview() });

  const lookAt = (changes: readonly Change[]): Map<string, Before> => {
    const all = ruleset.exportAll();
    const listed = new Map(rules.list().map((r) => [r.id, r]));
    return new Map(
      changes.map((change): [string, Before] => {
        if (!('rule' in change)) return [targetOf(change), { text: all[`${change.kind}s`][change.name], running: false }];
        const rule = listed.get(change.rule);
        const text = rule && rules.describe(change.rule);
        return [targetOf(change), { text, running: rule !== undefined && /^(running|starting)/.test(rule.status) }];
      }),
    );
  };
  const stepOf = async (change: Change, { text, running }: Before): Promise<Step> => {
    const step = { op: change.op, target: targetOf(change), existed: text !== undefined, running };
    if (!('rule' in change)) {
      if (text?.includes(MASK)) throw refuse(`the statement of ${targetOf(change)} holds secrets; change it by itself`);
      return { ...step, name: change.name, kind: change.kind, ...(text === undefined ? {} : { sql: text }) };
    }
    const [newest] = await ruleHistory.of(change.rule);
    const version = newest === undefined || newest.what === 'deleted' ? {} : { version: newest.version };
    return { ...step, name: change.rule, ...version };
  };

  const perform = async (change: Change, existed: boolean): Promise<void> => {
    switch (change.op) {
      case 'put_rule':
        if (existed) await rules.replace(change.rule, JSON.stringify(change.definition));
        else await rules.create(JSON.stringify(change.definition));
        return;
      case 'delete_rule':
        return rules.delete(change.rule);
      case 'put_source':
        await (existed ? streams.replace(change.kind, change.name, change.sql) : streams.command(change.sql));
        return;
      case 'drop_source':
        await streams.drop(change.kind, change.name, false);
        return;
      case 'start_rule':
        return rules.start(change.rule);
      case 'stop_rule':
        return rules.stop(change.rule);
      case 'restart_rule':
        return rules.restart(change.rule);
    }
  };
  /** The version to go back to: the one before, or what was kept of a rule that had none yet. */
  const versionBefore = async ({ name, version }: Step): Promise<string | undefined> =>
    version ?? (await ruleHistory.of(name)).find((v) => v.what === 'before')?.version;

  const undo = async (step: Step): Promise<void> => {
    const { op, name, kind, existed, running, sql } = step;
    if (kind !== undefined) {
      const there = streams.names(kind).includes(name);
      if (sql !== undefined) await (there ? streams.replace(kind, name, sql) : streams.command(sql));
      else if (there) await streams.drop(kind, name, false);
      return;
    }
    if (!existed) {
      if (rules.exists(name)) await rules.delete(name);
      return;
    }
    if (op === 'put_rule' || op === 'delete_rule') {
      const version = await versionBefore(step);
      // none is kept: the step changed nothing
      if (version !== undefined) await rules.replace(name, await ruleHistory.restorable(name, version, rules.versionOf(name)));
    }
    if (op !== 'restart_rule') await (running ? rules.start(name) : rules.stop(name));
  };
  /** Last step first. @returns what failed, in sentences */
  const takeBack = async (steps: readonly Step[]): Promise<string[]> => {
    const failed: string[] = [];
    for (const step of steps.toReversed()) {
      try {
        await undo(step);
      } catch (error) {
        failed.push(`${step.target}: ${messageOf(error)}`);
      }
    }
    return failed;
  };
  const finish = async (steps: readonly Step[], reasons: readonly string[]): Promise<void> => {
    if (reasons.length > 0) put({ phase: 'reverting', reasons });
    const notReverted = reasons.length > 0 ? await takeBack(steps) : [];
    await table.delete(KEY);
    put({ phase: reasons.length > 0 ? 'reverted' : 'kept', notReverted });
    if (last && reasons.length > 0) {
      const { id, by, targets } = last;
      log.warn({ id, by, targets, reasons, notReverted }, 'Changes on watch were taken back.');
    }
  };
  const run = async (changes: readonly Change[], kept: Kept): Promise<void> => {
    const before = look();
    const judged = judgedOf(changes);
    const began: Step[] = [];
    let reasons: string[] = [];
    try {
      for (const [i, change] of changes.entries()) {
        const step = kept.steps[i];
        if (!step) break;
        began.push(step);
        await perform(change, step.existed);
      }
    } catch (error) {
      reasons = [`${began.at(-1)?.target}: ${messageOf(error)}`];
    }
    const beganMs = clock.monotonic();
    put({ phase: 'watching' });
    while (reasons.length === 0 && last && clock.monotonic() - beganMs < last.watchMs) {
      await clock.sleep(LOOK_EVERY_MS, stopped.signal).catch(() => undefined);
      // the record stays: the next start takes it back
      if (stopped.signal.aborted) return;
      reasons = worsened(before, look(), judged);
      put({ watchedMs: Math.round(clock.monotonic() - beganMs) });
    }
    await finish(began, reasons);
  };
  const shown = (state: GuardState): GuardState => {
    const changed = new Set(state.targets);
    const found = rules.overview().filter((r) => changed.has(`rule ${r.id}`) || !r.ok);
    return { ...state, rules: found.map(({ id, state: now, ok, problems }) => ({ id, state: now, ok, problems })) };
  };
  const isOver = (phase: GuardState['phase']): boolean => phase === 'kept' || phase === 'reverted';

  return {
    async apply({ changes, watchMs, by, reason, expected }) {
      if (changes.length === 0 || changes.length > MAX_CHANGES) throw refuse(`changes: expected 1 to ${MAX_CHANGES}`);
      if (!(watchMs >= MIN_WATCH_MS && watchMs <= MAX_WATCH_MS))
        throw refuse(`watchSeconds: expected ${MIN_WATCH_MS / 1000} to ${MAX_WATCH_MS / 1000}`);
      const targets = changes.map(targetOf);
      const twice = targets.find((t, i) => targets.indexOf(t) !== i);
      if (twice !== undefined) throw refuse(`${twice} is changed twice; it can be changed once`);
      if (last && !isOver(last.phase)) throw refuse(`other changes are on watch (${last.targets.join(', ')}); try again when that is over`);
      const id = `watch-${randomUUID().slice(0, 8)}`;
      const state = { id, by, reason, targets, beganAtMs: clock.now(), watchMs, watchedMs: 0, reasons: [], notReverted: [], rules: [] };
      const previous = last;
      // from here on nobody else begins
      last = { ...state, phase: 'changing' };
      try {
        const before = lookAt(changes);
        for (const [target, text] of Object.entries(expected ?? {}))
          if ((before.get(target)?.text ?? null) !== text) throw refuse(`${target} was changed since the plan was made. Make a new plan.`);
        const steps: Step[] = [];
        for (const change of changes) steps.push(await stepOf(change, before.get(targetOf(change)) ?? { text: undefined, running: false }));
        const kept: Kept = { id, by, reason, steps };
        // on the disk before anything is done: whatever happens now can be taken back
        await table.set(KEY, JSON.stringify(kept));
        run(changes, kept).catch((error: unknown) => {
          log.error({ id, cause: error }, 'Changes on watch could not be ended.');
          put({ phase: 'reverted', notReverted: [messageOf(error)] });
        });
      } catch (error) {
        last = previous;
        throw error;
      }
      return shown(last);
    },
    state(id) {
      if (id !== undefined && last?.id !== id) throw new GatewayError('SERVICE_NOT_FOUND', { text: `there are no changes ${id}` });
      return last && shown(last);
    },
    async recover() {
      const text = await table.get(KEY);
      if (text === undefined) return;
      const { id, by, reason, steps } = JSON.parse(text) as Kept;
      const targets = steps.map((s) => s.target);
      last = {
        id,
        by,
        reason,
        targets,
        phase: 'reverting',
        beganAtMs: clock.now(),
        watchMs: 0,
        watchedMs: 0,
        reasons: [],
        notReverted: [],
        rules: [],
      };
      await finish(steps, ['The gateway ended while the changes were on watch.']);
    },
    close: () => stopped.abort(),
  };
}

function judgedOf(changes: readonly Change[]): Judged {
  const changed = new Set<string>();
  const ended = new Set<string>();
  for (const c of changes) if ('rule' in c) (c.op === 'delete_rule' || c.op === 'stop_rule' ? ended : changed).add(c.rule);
  return { changed, ended };
}

// SQL functions of contained plugins: calls of all rules go to the plugin's thread in batches, in order, and come back with what they changed in
// the states of their places. A new version takes over between two batches; a thread that hangs or dies is started again, its unanswered
// calls are made again, and a call that ends it twice becomes its row's error. Next: containment/pens.ts (where it runs), exec/outside-stage.ts
// (how rows wait).
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { StateStore } from '../../contract/context.ts';
import type { ArgFact, CallSite, OutsidePlace } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { placeOfError, shortStack } from '../files/place-of-error.ts';
import { withDeadline } from '../remote/deadline.ts';
import { fromPlugin, toPlugin } from '../remote/plugin-values.ts';
import type { OnResults, PluginWorker } from '../remote/plugin-worker.ts';
import type { InstanceInfo } from '../worker/protocol.ts';

/** A version of the plugin, as its calls see it. */
export interface OutsideVersion {
  readonly worker: PluginWorker;
  /** Of its file, to find the place of an error. */
  readonly path: string;
  /** Function → symbol that stands for it. */
  readonly symbols: ReadonlyMap<string, string>;
}

export interface OutsidePlugin {
  /** @throws what the new version has against arguments of running rules; then nothing has changed */
  take(version: OutsideVersion): Promise<void>;
  /** The plugin is gone: calls wait until their rules have stopped. */
  drop(): void;
  placeOf(name: string, site: CallSite): OutsidePlace;
  /** Plan time: what the plugin says of arguments. @throws its text */
  validate(name: string, args: readonly ArgFact[]): Promise<void>;
  readonly onResults: OnResults;
  /** Its thread has ended. */
  died(): void;
}

export interface OutsidePluginDeps {
  /** `functions/x` */
  plugin: string;
  clock: Clock;
  log: Log;
  rootPath: string;
}

interface Place {
  readonly name: string;
  readonly site: CallSite;
  /** Its instance in the thread that runs now. */
  instance: { worker: PluginWorker; id: number } | undefined;
}

interface Ask {
  readonly place: Place;
  readonly args: unknown[];
  readonly done: (value: Value, error: unknown, changedState: boolean) => void;
  /** Ends of the thread while nothing but this call was under way. */
  deaths: number;
}

const MAX_BATCH = 256;
const MAX_UNDER_WAY = 1_024;
/** No answer for so long: an endless loop. The same as for functions inside. */
const STALL_LIMIT_MS = 1_500;
/** After an end, so many calls go one by one, so that the one at fault is found. */
const CAREFUL_CALLS = 300;
const MAX_DEATHS_OF_CALL = 2;

export function createOutsidePlugin({ plugin, clock, log, rootPath }: OutsidePluginDeps): OutsidePlugin {
  let version: OutsideVersion | undefined;
  const places = new Set<Place>();
  // rules end without a word to their functions: instances of what nobody holds any more are given back
  const unused = new FinalizationRegistry<Place>((place) => {
    places.delete(place);
    place.instance?.worker.detach(place.instance.id);
  });
  let queue: Ask[] = [];
  let underWay: Ask[] = [];
  let batch = 0;
  let careful = 0;
  let scheduled = false;
  let pumping = false;
  let changing = false;
  let stall: TimerHandle | undefined;

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      void pump();
    });
  };
  const arm = () => {
    clock.clear(stall);
    if (underWay.length === 0) return;
    const { worker } = version!;
    stall = clock.setTimer(STALL_LIMIT_MS, () =>
      worker.kill(
        `a call of ${underWay[0]?.place.name ?? 'a function'} did not return within ${STALL_LIMIT_MS / 1_000} s (an endless loop, or no memory left?)`,
      ),
    );
  };
  const infoOf = ({ site }: Place): InstanceInfo => ({
    ruleId: site.env.ruleId,
    opId: site.name,
    instanceId: 0,
    rootPath,
    state: (site.state as (StateStore & { entries?: () => [string, unknown][] }) | undefined)?.entries?.() ?? [],
  });
  const limited = <T>(method: 'create' | 'configure', work: Promise<T>) => withDeadline(clock, plugin, method, work);

  /** Makes the place's instance in a version's thread. @throws what the constructor throws */
  const make = async ({ worker, symbols }: OutsideVersion, place: Place, checkArguments: boolean) => {
    await worker.start();
    const id = worker.attach({ emitted: () => undefined, state: () => undefined, lost: () => (place.instance = undefined) });
    try {
      const name = symbols.get(place.name);
      if (name === undefined) throw new Error(`function ${place.name} is not part of the plugin any more`);
      await limited('create', worker.call(id, 'create', [name]));
      if (checkArguments) await limited('configure', worker.call(id, 'validate', [factsOf(place.site.args)]));
      return { worker, id };
    } catch (error) {
      worker.detach(id);
      throw error;
    }
  };
  const begin = async (place: Place, instance: NonNullable<Place['instance']>) => {
    await limited('create', instance.worker.call(instance.id, 'begin', [infoOf(place)]));
    place.instance = instance;
  };

  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      while (queue.length > 0 && version && !changing && underWay.length < (careful > 0 ? 1 : MAX_UNDER_WAY)) {
        const head = queue[0]!;
        if (head.place.instance?.worker !== version.worker) {
          await prepare(head);
          continue;
        }
        const { worker } = version;
        let n = 1;
        const most = careful > 0 ? 1 : MAX_BATCH;
        while (n < queue.length && n < most && queue[n]!.place.instance?.worker === worker) n++;
        const calls = queue.splice(0, n);
        underWay.push(...calls);
        batch++;
        worker.post({ t: 'exec', batch, calls: calls.map((c) => ({ id: c.place.instance!.id, args: c.args })) });
        if (underWay.length === n) arm();
      }
    } catch (error) {
      log.error({ code: 'INTERNAL', plugin, reason: messageOf(error) }, 'Calls of a function could not be handed over.');
    } finally {
      pumping = false;
    }
  };
  const prepare = async (ask: Ask) => {
    try {
      await begin(ask.place, await make(version!, ask.place, false));
    } catch (error) {
      // gone meanwhile (replaced, dropped): the next round sees what there is now
      if (queue[0] !== ask) return;
      queue.shift();
      ask.done(undefined, callError(ask.place.name, messageOf(error)), false);
    }
  };

  const failed = ({ name, site }: Place, message: string, stack: string | undefined) => {
    const place = version && placeOfError({ message, stack }, version.path);
    const text = place === undefined ? message : `${message} (${place})`;
    // at most one line in 10 s for a plugin and rule; the plugin's own log counts the others
    log.warn(
      { code: 'PLUGIN_CALL', plugin, rule: site.env.ruleId, op: name, error: text, stack: shortStack(stack) },
      'A function of a plugin failed.',
    );
    return callError(name, text);
  };

  const putBack = (asks: Ask[]) => {
    queue = [...asks, ...queue];
  };

  return {
    async take(next) {
      // what the new version has against running calls is heard before anything changes
      const made = new Map<Place, NonNullable<Place['instance']>>();
      try {
        for (const place of places) if (place.instance) made.set(place, await make(next, place, true));
      } catch (error) {
        for (const { worker, id } of made.values()) worker.detach(id);
        throw error;
      }
      changing = true;
      try {
        // answers that are under way belong to the old version and its state
        for (let waitedMs = 0; underWay.length > 0 && waitedMs < 2 * STALL_LIMIT_MS; waitedMs += 5) await clock.sleep(5);
        putBack(underWay);
        underWay = [];
        clock.clear(stall);
        version = next;
        for (const [place, instance] of made) {
          const old = place.instance;
          await begin(place, instance);
          old?.worker.detach(old.id);
        }
      } finally {
        changing = false;
      }
      schedule();
    },
    drop() {
      clock.clear(stall);
      putBack(underWay);
      underWay = [];
      version = undefined;
      for (const place of places) place.instance = undefined;
    },
    placeOf(name, site) {
      const place: Place = { name, site, instance: undefined };
      places.add(place);
      const outside: OutsidePlace = {
        name,
        ask(args, done) {
          queue.push({ place, args, done, deaths: 0 });
          schedule();
        },
      };
      unused.register(outside, place);
      return outside;
    },
    async validate(name, args) {
      if (!version) return;
      const place: Place = { name, site: { name, args } as unknown as CallSite, instance: undefined };
      const { worker, id } = await make(version, place, true);
      worker.detach(id);
    },
    onResults(of, from, results, changes) {
      if (of > batch || results.length > underWay.length) {
        version?.worker.kill('it answered calls that were not made');
        return;
      }
      const changed = new Set<number>();
      for (const [id, key, value, has] of changes) {
        const place = underWay.find((a) => a.place.instance?.id === id)?.place;
        if (!place?.site.state) continue;
        changed.add(id);
        if (has) place.site.state.putState(key, value);
        else place.site.state.deleteState(key);
      }
      const answered = underWay.splice(0, results.length);
      careful = Math.max(0, careful - answered.length);
      arm();
      answered.forEach((ask, i) => {
        const r = results[i]!;
        let value: Value;
        let error: unknown;
        if ('error' in r) error = failed(ask.place, r.error, r.stack);
        else
          try {
            value = fromPlugin(r.value);
          } catch (e) {
            error = callError(ask.place.name, e instanceof RangeError ? 'the result contains itself, or is too deep' : messageOf(e));
          }
        ask.done(value, error, changed.has(ask.place.instance?.id ?? -1));
      });
      if (queue.length > 0) schedule();
      void from;
    },
    died() {
      clock.clear(stall);
      const lost = underWay;
      underWay = [];
      careful = CAREFUL_CALLS;
      if (lost.length === 1 && ++lost[0]!.deaths >= MAX_DEATHS_OF_CALL) {
        const [ask] = lost;
        log.error({ code: 'PLUGIN_STALLED', plugin, function: ask!.place.name }, 'A call ended its plugin twice; its row fails.');
        ask!.done(
          undefined,
          callError(ask!.place.name, 'it ended the process of its plugin twice (an endless loop, or no memory left?)'),
          false,
        );
      } else putBack(lost);
      schedule();
    },
  };
}

const callError = (name: string, text: string) => rowError(`call func ${name} error: ${text}`);

export const factsOf = (args: readonly ArgFact[]): unknown[] => args.map((a) => ('value' in a ? { ...a, value: toPlugin(a.value) } : a));

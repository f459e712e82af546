// Plugin hosts: one for all contained plugins, started with the first and stopped when none is used; one for each restricted plugin. When a
// host dies and nobody can be named, its plugins are started apart, each in a host of its own, so that the next death names its culprit.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { LaunchThread, Thread } from '../remote/thread.ts';
import type { ModuleUrls } from '../worker/module-urls.ts';
import type { HostLimits, LaunchPen } from './launch.ts';
import { createPen, type Pen } from './pen.ts';

export interface PensDeps {
  launch: LaunchPen;
  urls: ModuleUrls;
  clock: Clock;
  log: Log;
  maxHeapMb: number;
  maxRssMb: number;
}

export interface Pens {
  /** Threads of contained plugins. @param limits given: the plugin is restricted, in a host of its own */
  threads(limits?: HostLimits): LaunchThread;
  /** Starts the common host, which will be needed in a moment. */
  warm(): void;
  describe(): { hosts: number; rssMb: number; apart: readonly string[] };
  close(): void;
}

/** A host without threads stays a moment: versions are tried first and started then. */
const LINGER_MS = 10_000;
/** Plugins of a host that died without a name are kept apart for so long. */
const APART_MS = 600_000;

export function createPens(deps: PensDeps): Pens {
  const { clock, log } = deps;
  const pens = new Map<string, Pen>();
  const lingers = new Map<string, TimerHandle>();
  /** Until when, on the monotonic clock. */
  const apart = new Map<string, number>();

  let hostsOfOne = 0;
  const isApart = (plugin: string): boolean => {
    const untilMs = apart.get(plugin);
    if (untilMs === undefined) return false;
    if (clock.monotonic() < untilMs) return true;
    apart.delete(plugin);
    return false;
  };
  const open = (key: string, limits: HostLimits | undefined): Pen => {
    const known = pens.get(key);
    if (known) return known;
    const pen = createPen({
      launched: deps.launch(limits),
      setup: {
        t: 'setup',
        modules: {
          entry: deps.urls.of('entry'),
          loader: deps.urls.of('load-module'),
          instance: deps.urls.of('make-instance'),
          kit: deps.urls.of('kit'),
          calls: deps.urls.of('calls'),
        },
        single: limits !== undefined,
        maxRssMb: deps.maxRssMb,
        maxHeapMb: deps.maxHeapMb,
      },
      clock,
      log,
      events: {
        died(_reason, plugins) {
          if (pens.get(key) === pen) pens.delete(key);
          if (plugins.length < 2) return;
          const untilMs = clock.monotonic() + APART_MS;
          for (const p of plugins) apart.set(p, untilMs);
          log.warn({ plugins }, 'Nobody can be named for the end of the plugin host: its plugins go on, each in a host of its own.');
        },
      },
    });
    pens.set(key, pen);
    return pen;
  };
  const restLater = (key: string, pen: Pen) => {
    clock.clear(lingers.get(key));
    lingers.set(
      key,
      clock.setTimer(LINGER_MS, () => {
        lingers.delete(key);
        if (pen.threads > 0 || pens.get(key) !== pen) return;
        pens.delete(key);
        pen.close();
      }),
    );
  };

  return {
    threads: (limits) => (start, events) => {
      // a host of its own is one thread's: the next version of the plugin, or the same one again, begins before this one ends
      const key = limits !== undefined || isApart(start.plugin) ? `${start.plugin} ${++hostsOfOne}` : '';
      const pen = open(key, limits);
      const own: Thread = pen.thread(start, {
        message: events.message,
        ended(reason, error, innocent) {
          events.ended(reason, error, innocent);
          restLater(key, pen);
        },
      });
      return {
        post: own.post,
        async end() {
          await own.end();
          if (key === '') restLater(key, pen);
          else {
            // it was there for this thread alone
            if (pens.get(key) === pen) pens.delete(key);
            pen.close();
          }
        },
      };
    },
    warm() {
      restLater('', open('', undefined));
    },
    describe: () => ({
      hosts: pens.size,
      rssMb: Math.round([...pens.values()].reduce((sum, p) => sum + p.rssMb, 0)),
      apart: [...apart.keys()].filter(isApart),
    }),
    close() {
      for (const t of lingers.values()) clock.clear(t);
      for (const p of pens.values()) p.close();
      pens.clear();
    },
  };
}

// Metrics in files (basic.metricsDumpConfig), as eKuiper keeps them: the text of /metrics every 15 s, a file for each hour in log/metrics, older ones
// removed after retainedDuration. GET /metrics/dump packs what lies in a span of time. Switched on and off by PATCH /configs too.
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { writeArchive } from '../plugin-host/index.ts';

export interface MetricsDump {
  enabled(): boolean;
  enable(on: boolean): void;
  /** @param fromMs default: an hour ago  @param toMs default: now  @returns undefined when there is nothing of that time */
  zip(fromMs?: number, toMs?: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

export interface MetricsDumpDeps {
  folder: string;
  clock: Clock;
  log: Log;
  text(): string;
  settings(): { enabled: boolean; retainedMs: number };
}

const WRITE_EVERY_MS = 15_000;
const HOUR_MS = 3_600_000;
const NAME = /^metrics\.(\d{4})(\d\d)(\d\d)-(\d\d)\.log$/;

/** `metrics.20260131-08.log`, UTC. */
const nameOf = (atMs: number): string => {
  const iso = new Date(atMs).toISOString();
  return `metrics.${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 13)}.log`;
};

/** Begin of the hour of a file; undefined for other files. */
function hourOf(name: string): number | undefined {
  const m = NAME.exec(name);
  return m ? Date.UTC(Number(m[1]), Number(m[2]) - 1, Number(m[3]), Number(m[4])) : undefined;
}

export function createMetricsDump({ folder, clock, log, text, settings }: MetricsDumpDeps): MetricsDump {
  let on = settings().enabled;
  let timer: TimerHandle | undefined;
  let closed = false;
  let work: Promise<void> = Promise.resolve();
  let failed = '';

  const files = async (): Promise<{ name: string; hourMs: number }[]> => {
    const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names.sort().flatMap((name) => {
      const hourMs = hourOf(name);
      return hourMs === undefined ? [] : [{ name, hourMs }];
    });
  };
  const write = async () => {
    try {
      const nowMs = clock.now();
      await mkdir(folder, { recursive: true });
      await appendFile(join(folder, nameOf(nowMs)), `# ${new Date(nowMs).toISOString()}\n${text()}`);
      for (const { name, hourMs } of await files())
        if (hourMs + HOUR_MS + settings().retainedMs < nowMs) await rm(join(folder, name), { force: true });
      failed = '';
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== failed) log.warn({ code: 'METRICS_DUMP', folder, reason }, 'Metrics cannot be written to a file; it is tried again.');
      failed = reason;
    }
  };
  const round = () => {
    if (!on || closed) return;
    work = write();
    timer = clock.setTimer(WRITE_EVERY_MS, round);
  };
  round();
  return {
    enabled: () => on,
    enable(next) {
      if (on === next) return;
      on = next;
      clock.clear(timer);
      round();
    },
    async zip(fromMs = clock.now() - HOUR_MS, toMs = clock.now()) {
      const chosen = (await files()).filter(({ hourMs }) => hourMs + HOUR_MS > fromMs && hourMs <= toMs);
      if (chosen.length === 0) return undefined;
      const parts = await Promise.all(chosen.map(({ name }) => readFile(join(folder, name))));
      return writeArchive([{ path: 'metrics.txt', content: Buffer.concat(parts) }]);
    },
    async close() {
      closed = true;
      clock.clear(timer);
      await work;
    },
  };
}

// What the board itself is doing: temperature, throttling, load, memory, disk, network, Wi-Fi. One row per interval; what a board does not have is left out.
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, freemem, loadavg, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { defineSource } from '@kuiper-gateway/plugin';

/** Bits of the Raspberry Pi firmware's word. */
const THROTTLE: readonly [bit: number, name: string][] = [
  [0, 'undervoltage'],
  [1, 'frequencyCapped'],
  [2, 'throttled'],
  [3, 'softTemperatureLimit'],
  [16, 'undervoltageSinceBoot'],
  [17, 'frequencyCappedSinceBoot'],
  [18, 'throttledSinceBoot'],
  [19, 'softTemperatureLimitSinceBoot'],
];

export const SystemInfo = defineSource({
  doc: 'Temperature, throttling, load, memory, disk, network and Wi-Fi of the board.',
  options: {
    every: { type: 'duration', doc: 'Pause between rows.', default: '10s', min: 100 },
    disk: { type: 'string', doc: 'Folder whose file system is measured.', default: '/' },
    root: { type: 'string', doc: 'Where proc and sys are mounted; for tests and containers.', default: '/' },
  },
  create() {
    let everyMs = 10_000;
    let disk = '/';
    let root = '/';
    let timer: NodeJS.Timeout | undefined;
    let before: { atMs: number; bytes: Record<string, { received: number; sent: number }> } | undefined;

    const read = (...path: string[]): string | undefined => {
      try {
        return readFileSync(join(root, ...path), 'utf8').trim();
      } catch {
        return undefined; // this board has no such thing
      }
    };
    const temperatures = (): Record<string, number> => {
      const out: Record<string, number> = {};
      let zones: string[] = [];
      try {
        zones = readdirSync(join(root, 'sys/class/thermal')).filter((z) => z.startsWith('thermal_zone'));
      } catch {
        // none
      }
      for (const zone of zones) {
        const milli = Number(read('sys/class/thermal', zone, 'temp'));
        if (Number.isFinite(milli)) out[read('sys/class/thermal', zone, 'type') ?? zone] = milli / 1000;
      }
      return out;
    };
    const throttling = (): Record<string, boolean> | undefined => {
      const word = read('sys/devices/platform/soc/soc:firmware/get_throttled');
      const bits = Number.parseInt(word ?? '', 16);
      return Number.isNaN(bits) ? undefined : Object.fromEntries(THROTTLE.map(([bit, name]) => [name, ((bits >> bit) & 1) === 1]));
    };
    const network = (nowMs: number): Record<string, Record<string, number>> => {
      const bytes: Record<string, { received: number; sent: number }> = {};
      for (const line of (read('proc/net/dev') ?? '').split('\n').slice(2)) {
        const [name, rest] = line.split(':');
        const n = (rest ?? '').trim().split(/\s+/).map(Number);
        if (name && n.length >= 9 && name.trim() !== 'lo') bytes[name.trim()] = { received: n[0]!, sent: n[8]! };
      }
      const seconds = before ? (nowMs - before.atMs) / 1000 : 0;
      const out: Record<string, Record<string, number>> = {};
      for (const [name, now] of Object.entries(bytes)) {
        const was = before?.bytes[name];
        // a counter that went back began again
        const rate = (a: number, b: number) => Math.round(Math.max(0, a - b) / seconds);
        out[name] = {
          receivedBytes: now.received,
          sentBytes: now.sent,
          ...(was && seconds > 0
            ? { receivedBytesPerSecond: rate(now.received, was.received), sentBytesPerSecond: rate(now.sent, was.sent) }
            : {}),
        };
      }
      before = { atMs: nowMs, bytes };
      return out;
    };
    const wifi = (): Record<string, { quality: number; signalDbm: number }> => {
      const out: Record<string, { quality: number; signalDbm: number }> = {};
      for (const line of (read('proc/net/wireless') ?? '').split('\n').slice(2)) {
        const [name, , quality, level] = line.trim().split(/[:\s]+/);
        if (name && level) out[name] = { quality: Number.parseFloat(quality!), signalDbm: Number.parseFloat(level) };
      }
      return out;
    };
    const row = (): Record<string, unknown> => {
      const nowMs = Date.now();
      const space = statfsSync(disk);
      const size = space.blocks * space.bsize;
      const [load1, load5, load15] = loadavg();
      const zones = temperatures();
      const throttled = throttling();
      return {
        at: new Date(nowMs),
        uptimeSeconds: Math.round(uptime()),
        ...(Object.keys(zones).length ? { temperature: Object.values(zones)[0], temperatures: zones } : {}),
        ...(throttled ? { throttling: throttled } : {}),
        load: { load1, load5, load15, cores: availableParallelism() },
        memory: { totalBytes: totalmem(), freeBytes: freemem(), usedPercent: percent(1 - freemem() / totalmem()) },
        disk: { totalBytes: size, freeBytes: space.bavail * space.bsize, usedPercent: percent(1 - (space.bavail * space.bsize) / size) },
        network: network(nowMs),
        wifi: wifi(),
      };
    };
    return {
      configure({ options }) {
        everyMs = options.every;
        disk = options.disk;
        root = options.root;
      },
      open(_ctx, emit, fail) {
        const tick = () => {
          try {
            void emit(row());
          } catch (error) {
            fail(error as Error);
          }
        };
        tick();
        timer = setInterval(tick, everyMs);
      },
      close() {
        clearInterval(timer);
      },
    };
  },
});

const percent = (share: number): number => Math.round(share * 1000) / 10;

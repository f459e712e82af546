// Watchdog thread: looks at the shared memory several times a second. The same call of a function plugin for too long, or no memory left
// during one, means that the main thread will not come back: the version is quarantined on disk, named on stdout, and the process ends, so
// that systemd starts it again without the culprit. Imports nothing of ours but types.
import { readFileSync, writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type * as Durable from './write-durably.ts';

export interface WatchdogStart {
  memory: SharedArrayBuffer;
  modules: { durable: string };
  quarantineFile: string;
  stallMs: number;
  /** Resident memory at which a call under way is ended, bytes. */
  maxRssBytes: number;
}

export interface WatchedPlugin {
  id: number;
  plugin: string;
  version: string;
  hash: string;
}

const LOOK_MS = 100;
const start = workerData as WatchdogStart;
const { writeDurably } = (await import(start.modules.durable)) as typeof Durable;
const cell = new Int32Array(start.memory);
const plugins = new Map<number, WatchedPlugin>();
parentPort!.on('message', (p: WatchedPlugin) => plugins.set(p.id, p));

let lastSequence = -1;
// looks are counted instead of measured: a machine that slept, or a starved process, is not a stall
let looks = 0;

setInterval(() => {
  const id = Atomics.load(cell, 0);
  const sequence = Atomics.load(cell, 1);
  if (id === 0 || sequence !== lastSequence) {
    lastSequence = sequence;
    looks = 0;
    return;
  }
  looks++;
  const p = plugins.get(id);
  if (!p) return;
  const seconds = ((looks * LOOK_MS) / 1000).toFixed(1);
  if (looks * LOOK_MS >= start.stallMs) end(p, `a call did not return within ${seconds} s (an endless loop?)`);
  else if (looks >= 3 && process.memoryUsage.rss() > start.maxRssBytes)
    end(p, `a call used up the memory (${Math.round(process.memoryUsage.rss() / 1e6)} MB) within ${seconds} s`);
}, LOOK_MS);

function end(p: WatchedPlugin, reason: string): void {
  const entry = { plugin: p.plugin, version: p.version, hash: p.hash, reason, atMs: Date.now() };
  let written = 'yes';
  try {
    writeDurably(start.quarantineFile, JSON.stringify([...others(p), entry]));
  } catch (error) {
    written = String(error);
  }
  const line = {
    time: new Date().toISOString(),
    level: 'fatal',
    msg: 'A plugin stopped the gateway; it is quarantined and the gateway starts again.',
  };
  writeSync(1, `${JSON.stringify({ ...line, code: 'PLUGIN_STALLED', plugin: p.plugin, version: p.version, reason, written })}\n`);
  // the main thread cannot run a handler any more
  process.kill(process.pid, 'SIGKILL');
}

function others(p: WatchedPlugin): unknown[] {
  try {
    const list = JSON.parse(readFileSync(start.quarantineFile, 'utf8')) as { plugin?: string; hash?: string }[];
    return list.filter((e) => e.plugin !== p.plugin || e.hash !== p.hash);
  } catch {
    return []; // none yet, or damaged: a new list begins
  }
}

// A function plugin that leaks fills the heap of the gateway itself. When it is nearly full, calls measure what they leave; when it is almost
// at its end, the plugin that left most is quarantined and the process ends, so that systemd starts it without the culprit. When no
// plugin left much, the gateway's own memory is the matter and nothing is blamed.
import { writeSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { nodeV8 } from '../../base/node-builtins.ts';
import type { Quarantine } from '../versions/quarantine.ts';
import type { Guard } from './guard.ts';
import { createRegularLook, type RegularLook } from './regular-look.ts';

const LOOK_MS = 100;
/** Shares of the limit, in memory that survived garbage collection as far as V8 tells. */
const SHORT = 0.5;
const FULL = 0.85;
/** What a plugin must have left to be blamed, of the limit. */
const GUILTY = 0.1;

export interface MemoryFacts {
  usedBytes: number;
  limitBytes: number;
}

export interface MemoryWatchDeps {
  guard: Guard;
  quarantine: Quarantine;
  clock: Clock;
  log: Log;
  facts?(): MemoryFacts;
  /** Ends the process at once. */
  end?(line: string): void;
}

export function createMemoryWatch({ guard, quarantine, clock, log, facts = heapFacts, end = endProcess }: MemoryWatchDeps): RegularLook {
  let full = 0;
  const look = () => {
    const { usedBytes, limitBytes } = facts();
    const short = usedBytes > limitBytes * SHORT;
    if (short !== guard.short) {
      guard.short = short;
      for (const s of guard.suspects()) s.grownBytes = 0;
      if (short) log.warn({ code: 'MEMORY', usedMb: mb(usedBytes), limitMb: mb(limitBytes) }, 'Memory is getting short.');
    }
    full = usedBytes > limitBytes * FULL ? full + 1 : 0;
    // garbage may stand at the limit for a moment; what stays there is in use
    if (full < 2) return;
    const worst = [...guard.suspects()].sort((a, b) => b.grownBytes - a.grownBytes)[0];
    if (!worst || worst.grownBytes < limitBytes * GUILTY) return;
    const { plugin, version, hash } = worst;
    const reason = `it filled the memory: ${mb(usedBytes)} of ${mb(limitBytes)} MB are used, ${mb(worst.grownBytes)} MB of them during its calls`;
    quarantine.add({ plugin, version, hash, reason, atMs: clock.now() });
    const msg = 'A plugin used up the memory; it is quarantined and the gateway starts again.';
    end(
      JSON.stringify({ time: new Date(clock.now()).toISOString(), level: 'fatal', msg, code: 'PLUGIN_STALLED', plugin, version, reason }),
    );
  };
  return createRegularLook(clock, LOOK_MS, look);
}

function heapFacts(): MemoryFacts {
  const h = nodeV8().getHeapStatistics();
  return { usedBytes: h.used_heap_size, limitBytes: h.heap_size_limit };
}

/** Nothing is awaited: there is no memory for an orderly end, and delivery is safe without one. */
function endProcess(line: string): void {
  writeSync(1, `${line}\n`);
  process.kill(process.pid, 'SIGKILL');
}

const mb = (bytes: number): number => Math.round(bytes / 1e6);

// What a drain needs of its line. Made by disk-side.ts when the first backlog is sent.
import type { DrainHost } from './drain.ts';
import type { LineAccess } from './line-access.ts';

/** Live data is looked for so often while a backlog with the lower priority waits for it. */
const LOOK_MS = 10;

export function createDrainHost(line: LineAccess): DrainHost {
  const { spool, parts } = line;
  const { cache } = parts;
  const { resendRate } = cache;
  let freeAtMs = 0;
  return {
    maxInFlight: parts.maxInFlight,
    parkAfter: cache.parkAfter,
    maxRetries: cache.maxRetries,
    disk: spool.disk,
    deliveries: () => line.deliveries,
    collect: (item) => parts.collectStored(item),
    delivered(item) {
      line.tookOne(item);
      // the sink takes rows again: new ones need not stand in line behind the backlog
      if (line.state.mode !== 'spilling' || !cache.alterQueue || cache.priority === 1) return;
      line.apply('parted');
      line.settle();
    },
    failed: (error) => line.noteFailure(error),
    notTaken: (item, error) => line.aside.takeStored(item, error),
    async refill(sent) {
      // a sink that took nothing yet may still be away: what waits for it goes to disk first, unless the disk takes nothing either
      const takes = !line.diskFails || spool.delayMs(true) === 0;
      const goesFirst = spool.buffer.length > 0 && takes && (cache.alterQueue || !sent);
      if (!line.disk.isWriting && !goesFirst) return false;
      const ok = await line.disk.flushNow();
      return ok || spool.pages > 0;
    },
    // ten times a second, so that the rate is even
    chunk: resendRate > 0 ? Math.ceil(resendRate / 10) : Number.POSITIVE_INFINITY,
    slot(rows) {
      if (resendRate === 0) return undefined;
      const nowMs = parts.clock.monotonic();
      const atMs = Math.max(nowMs, freeAtMs);
      freeAtMs = atMs + (rows * 1000) / resendRate;
      return atMs > nowMs ? parts.clock.sleep(atMs - nowMs) : undefined;
    },
    async pace() {
      if (!cache.alterQueue || cache.priority !== -1) return new Promise((resolve) => setImmediate(resolve));
      // live data first
      while (line.flight.count > 0 && !line.state.ended) await parts.clock.sleep(LOOK_MS);
    },
  };
}

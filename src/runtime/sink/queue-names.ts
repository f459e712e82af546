// Which sinks have rows on disk: read once, and kept up to date by the sinks that store something. Opening thousands of sinks asks the
// disk once that way. Used by sink-node.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { SinkQueueStore } from '../../store/index.ts';
import type { QueueSpace } from './queue-space.ts';

export interface QueueNames {
  /** @returns true also when the disk cannot be asked */
  has(name: string): Promise<boolean>;
  /** Something is stored under this name from now on. */
  add(name: string): void;
}

/** @param space is told what queues of rules hold that do not run */
export function createQueueNames(store: SinkQueueStore, log: Log, space?: QueueSpace): QueueNames {
  const added = new Set<string>();
  let found: Promise<Set<string>> | undefined;
  return {
    async has(name) {
      if (added.has(name)) return true;
      found ??= store.sizes().then((sizes) => {
        for (const [queue, bytes] of sizes) space?.set(queue, bytes);
        return new Set(sizes.keys());
      });
      try {
        return (await found).has(name);
      } catch (error) {
        log.error({ code: 'STORE_FAILED', cause: messageOf(error) }, 'Queues on disk cannot be read.');
        found = undefined;
        return true;
      }
    },
    add: (name) => void added.add(name),
  };
}

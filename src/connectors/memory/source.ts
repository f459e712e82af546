// Memory source: rows of an in-process topic. FORMAT is ignored, since rows pass as they are.
import type { Source } from '../../contract/source.ts';
import { MemoryBus, topicMatcher } from './bus.ts';

export function createMemorySource(): Source {
  let topic = '';
  let matches: (topic: string) => boolean;
  let leave: (() => void) | undefined;
  return {
    configure(datasource) {
      if (!datasource) throw new Error('memory source: DATASOURCE must name a topic');
      topic = datasource;
      matches = topicMatcher(datasource);
    },
    open(ctx, emit) {
      const bus = ctx.connections.acquire('memory', 'bus', () => new MemoryBus());
      leave = bus.subscribe({ topic, matches, onRow: (row, from, _kind, _key, done) => emit(row, { topic: from }, done) });
      ctx.status('connected');
    },
    close(ctx) {
      if (!leave) return;
      leave();
      leave = undefined;
      ctx.connections.release('memory', 'bus');
    },
  };
}

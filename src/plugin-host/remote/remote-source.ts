// A source plugin as the runtime sees it. Rows come in batches from the worker; credit goes back when the gateway has taken them over, so
// that a gateway that is behind makes the plugin wait.
import type { ComponentContext } from '../../contract/context.ts';
import type { CloseReason, Emit, Fail, Source } from '../../contract/source.ts';
import type { Meta } from '../../data/tuple.ts';
import type { Emitted } from '../worker/protocol.ts';
import { fromPlugin } from './plugin-values.ts';
import { RemoteInstance, type RemotePlugin, type RemoteVersion } from './remote-instance.ts';

type Data = Parameters<Emit>[0];

/** @param methods of the plugin: a source that has `pull` is asked by the runtime, one with `offset` is rewound */
export function createRemoteSource(plugin: RemotePlugin, methods: readonly string[]): Source<ComponentContext> {
  let emit: Emit | undefined;
  let fail: Fail | undefined;
  let offset: unknown;
  let lateAcks: { part: Part; numbers: number[] } | undefined;
  // batches are handed on in order, also when the gateway makes one wait
  const queue: { batch: Emitted; part: Part }[] = [];
  let waiting = false;

  const confirm = (part: Part, number: number) => () => {
    if (lateAcks?.part.id === part.id && lateAcks.part.version === part.version) {
      lateAcks.numbers.push(number);
      return;
    }
    const mine = { part, numbers: [number] };
    lateAcks = mine;
    queueMicrotask(() => {
      if (lateAcks === mine) lateAcks = undefined;
      RemoteInstance.reply(part, { t: 'acked', numbers: mine.numbers });
    });
  };

  const hand = (b: Emitted, part: Part, from: number): void | Promise<void> => {
    const to = emit;
    for (let i = from; to !== undefined && i < b.data.length; i++) {
      const number = b.acks?.[i];
      const wait = to(rowOf(b.data[i]), b.metas?.[i] as Meta | undefined, number ? confirm(part, number) : undefined);
      if (wait !== undefined) return wait.then(() => hand(b, part, i + 1));
    }
    if (b.offset !== undefined) offset = b.offset;
    RemoteInstance.reply(part, { t: 'credit', rows: b.rows });
  };

  const pump = () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const wait = hand(next.batch, next.part, 0);
      if (wait === undefined) continue;
      waiting = true;
      void wait.then(() => {
        waiting = false;
        pump();
      });
      return;
    }
  };

  const instance = new RemoteInstance(plugin, 'main', {
    emitted(batch, part) {
      queue.push({ batch, part });
      if (!waiting) pump();
    },
    lost: (error) => fail?.(error),
  });

  const source: Source<ComponentContext> = {
    configure: (datasource, props) => instance.configure([datasource, props]),
    async open(ctx, emitTo, failTo) {
      emit = emitTo;
      fail = failTo;
      await instance.open(ctx, async () => {
        if (offset !== undefined && methods.includes('rewind')) await instance.direct('rewind', [offset]);
      });
    },
    async close(_ctx, reason?: CloseReason) {
      fail = undefined;
      await instance.close(reason);
      emit = undefined;
    },
  };
  if (methods.includes('pull')) source.pull = () => instance.call('pull', []).then(() => undefined);
  if (methods.includes('offset')) {
    source.offset = () => offset;
    source.rewind = (o) => {
      offset = o;
    };
  }
  return source;
}

interface Part {
  version: RemoteVersion;
  id: number;
}

/** Bytes stay bytes; rows get the gateway's values. */
function rowOf(data: unknown): Data {
  if (typeof data === 'string' || data instanceof Uint8Array) return data;
  return fromPlugin(data) as Data;
}

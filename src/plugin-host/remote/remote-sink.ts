// A sink plugin as the runtime sees it. Every failure of `collect` is tried again by the gateway's policy, unless the plugin says
// `retriable: false`.
import type { ComponentContext } from '../../contract/context.ts';
import type { Sink } from '../../contract/sink.ts';
import { toPlugin } from './plugin-values.ts';
import { RemoteInstance, type RemotePlugin } from './remote-instance.ts';

export function createRemoteSink(plugin: RemotePlugin): Sink<ComponentContext> {
  let fail: ((error: Error) => void) | undefined;
  const instance = new RemoteInstance(plugin, 'main', {
    emitted: () => undefined,
    lost: (error) => fail?.(error),
  });
  return {
    configure: (props) => instance.configure([props]),
    async open(ctx, failTo) {
      fail = failTo;
      await instance.open(ctx);
    },
    async collect(_ctx, data, dynamic) {
      try {
        await instance.call('collect', dynamic === undefined ? [toPlugin(data)] : [toPlugin(data), toPlugin(dynamic)]);
      } catch (error) {
        const e = error as Error & { retriable?: boolean };
        e.retriable ??= true;
        throw e;
      }
    },
    async close() {
      fail = undefined;
      await instance.close(undefined);
    },
  };
}

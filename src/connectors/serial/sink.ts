// Serial sink: frames each payload and writes it; delivered means that the bytes have left the machine. Shares the port with sources.
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Sink } from '../../contract/sink.ts';
import { acquirePort, type KeptPort } from '../port/index.ts';
import type { Framer } from './framing/index.ts';
import { type PortProps, parsePortProps, sinkOptions } from './options.ts';

export function createSerialSink(): Sink {
  let props: PortProps;
  let framer: Framer;
  let port: KeptPort | undefined;
  let stop: (() => void) | undefined;

  return {
    configure(raw) {
      props = parsePortProps('serial sink', sinkOptions, raw);
      framer = props.framing.create(props.framingOptions, () => undefined);
    },

    open(ctx: ConnectorContext) {
      const taken = acquirePort(ctx, props.selector, props.line, `${ctx.getRuleId()}/${ctx.getOpId()}`);
      port = taken.port;
      const unuse = port.use({ onData: () => undefined, onState: (state, message) => ctx.status(state, message) });
      stop = () => {
        unuse();
        taken.release();
      };
    },

    async collect(_ctx, data) {
      const payload = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array);
      let bytes: Buffer;
      try {
        bytes = framer.encode(payload);
      } catch (error) {
        throw new Error(`serial sink: ${messageOf(error)}`);
      }
      const target = port;
      if (!target) throw ioError('the serial sink is closed');
      // not between a request and its answer
      await target.converse(() => target.write(bytes));
    },

    close() {
      stop?.();
      stop = undefined;
      port = undefined;
    },
  };
}

// Serial sink: frames each payload and writes it; delivered means that the bytes have left the machine. Shares the port with sources.
import { ioError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Sink } from '../../contract/sink.ts';
import { acquirePort, type KeptPort } from '../port/index.ts';
import type { Framer } from './framing/index.ts';
import { type PortProps, parsePortProps, sinkOptions } from './options.ts';

export function createSerialSink(): Sink {
  let props: PortProps;
  let framer: Framer;
  /** Reads what is to be written, as the device will. */
  let reader: Framer;
  let port: KeptPort | undefined;
  let stop: (() => void) | undefined;

  return {
    configure(raw) {
      props = parsePortProps('serial sink', sinkOptions, raw);
      framer = props.framing.create(props.framingOptions, () => undefined);
      reader = props.framing.create(props.framingOptions, () => undefined);
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
      if (!props.parsed['severalFrames'] && framesIn(reader, bytes) > 1)
        throw rowError('serial sink: the payload holds the end of a frame, so that the device would read several frames', 'VALUE_REFUSED');
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

function framesIn(reader: Framer, bytes: Uint8Array): number {
  let frames = 0;
  reader.reset();
  reader.push(bytes, () => frames++);
  reader.reset();
  return frames;
}

// Frames of one length. A pause on the line puts a reader that began in the middle of a frame back in step.
import { ByteStore } from './byte-store.ts';
import type { FramingDefinition } from './framing.ts';

export const fixedFraming: FramingDefinition = {
  name: 'fixed',
  doc: 'Frames of one length. Half a frame before a pause of resyncMs is thrown away: the next byte begins a frame.',
  options: [
    { name: 'frameBytes', type: 'int', required: true, min: 1, max: 1_048_576, doc: 'Length of a frame, bytes.', example: 20 },
    {
      name: 'resyncMs',
      type: 'duration',
      default: 100,
      min: 0,
      doc: 'Pause after which a frame begins; 0 = never (a reader that is out of step stays so).',
    },
  ],
  create({ frameBytes, resyncMs }, drop) {
    const store = new ByteStore(frameBytes * 2);
    return {
      get held() {
        return store.length;
      },
      ...(resyncMs > 0 ? { idleMs: resyncMs as number } : {}),
      idle() {
        if (store.length > 0) drop('half a frame before a pause');
        store.clear();
      },
      push(chunk, out) {
        // in pieces, so that no more than one frame is held
        for (let at = 0; at < chunk.length; ) {
          const count = Math.min(chunk.length - at, frameBytes - store.length);
          store.append(chunk.subarray(at, at + count));
          at += count;
          if (store.length === frameBytes) out(store.take(frameBytes));
        }
      },
      reset: () => store.clear(),
      encode(payload) {
        if (payload.length !== frameBytes) throw new Error(`the payload has ${payload.length} bytes, frames have ${frameBytes}`);
        return Buffer.from(payload);
      },
    };
  },
};

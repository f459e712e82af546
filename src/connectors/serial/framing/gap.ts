// Frames that end with silence: the instrument says something, then pauses.
import { ByteStore } from './byte-store.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const gapFraming: FramingDefinition = {
  name: 'gap',
  doc: 'Frames end with silence on the line. USB adapters gather bytes for up to 16 ms: choose gapMs well above that.',
  options: [{ name: 'gapMs', type: 'duration', default: 50, min: 1, doc: 'Silence that ends a frame.' }, maxFrameOption],
  create({ gapMs, maxFrameBytes }, drop) {
    const store = new ByteStore();
    let tooLong = false;
    return {
      idleMs: gapMs as number,
      get held() {
        return store.length;
      },
      push(chunk) {
        if (tooLong) return;
        if (store.length + chunk.length > maxFrameBytes) {
          drop('frame too long');
          tooLong = true;
          store.clear();
        } else store.append(chunk);
      },
      idle(out) {
        tooLong = false;
        if (store.length > 0) out(store.take(store.length));
      },
      reset() {
        tooLong = false;
        store.clear();
      },
      encode: (payload) => Buffer.from(payload),
    };
  },
};

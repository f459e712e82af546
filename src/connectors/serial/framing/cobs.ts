// COBS (Cheshire and Baker 1999): frames without zero bytes, ended by a zero.
import { ByteStore } from './byte-store.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const cobsFraming: FramingDefinition = {
  name: 'cobs',
  doc: 'COBS: a zero byte ends a frame. Frames whose codes do not fit are thrown away and counted.',
  options: [maxFrameOption],
  create({ maxFrameBytes }, drop) {
    const store = new ByteStore();
    const maxEncoded = maxFrameBytes + Math.ceil(maxFrameBytes / 254) + 1;
    let tooLong = false;
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        for (let from = 0; from < chunk.length; ) {
          const zero = chunk.indexOf(0, from);
          const to = zero < 0 ? chunk.length : zero;
          if (!tooLong && store.length + to - from > maxEncoded) {
            drop('frame too long');
            tooLong = true;
            store.clear();
          }
          if (!tooLong) store.append(chunk.subarray(from, to));
          if (zero < 0) return;
          if (!tooLong && store.length > 0) {
            const frame = decode(store.view());
            if (frame === undefined) drop('wrong code');
            else if (frame.length > maxFrameBytes) drop('frame too long');
            else out(frame);
          }
          store.clear();
          tooLong = false;
          from = zero + 1;
        }
      },
      reset() {
        store.clear();
        tooLong = false;
      },
      encode,
    };
  },
};

function decode(data: Uint8Array): Buffer | undefined {
  const out = Buffer.allocUnsafe(data.length);
  let to = 0;
  for (let i = 0; i < data.length; ) {
    const code = data[i++]!;
    if (i + code - 1 > data.length) return undefined;
    for (let k = 1; k < code; k++) out[to++] = data[i++]!;
    if (code < 0xff && i < data.length) out[to++] = 0;
  }
  return out.subarray(0, to);
}

function encode(payload: Uint8Array): Buffer {
  const out: number[] = [0];
  let codeAt = 0;
  let code = 1;
  payload.forEach((byte, i) => {
    if (byte !== 0) {
      out.push(byte);
      code++;
    }
    if (byte === 0 || (code === 0xff && i < payload.length - 1)) {
      out[codeAt] = code;
      codeAt = out.length;
      out.push(0);
      code = 1;
    }
  });
  out[codeAt] = code;
  out.push(0);
  return Buffer.from(out);
}

// SLIP, RFC 1055: END (C0) around frames, C0 and DB inside are escaped.
import { ByteStore } from './byte-store.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

export const slipFraming: FramingDefinition = {
  name: 'slip',
  doc: 'SLIP (RFC 1055). Frames with a wrong escape are thrown away and counted.',
  options: [maxFrameOption],
  create({ maxFrameBytes }, drop) {
    const store = new ByteStore();
    let escaped = false;
    let bad = false;
    const one = new Uint8Array(1);
    const spoil = (reason: string) => {
      drop(reason);
      bad = true;
      store.clear();
    };
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        for (let i = 0; i < chunk.length; i++) {
          let byte = chunk[i]!;
          if (byte === END) {
            if (escaped && !bad) drop('wrong escape');
            else if (!bad && store.length > 0) out(store.take(store.length));
            store.clear();
            escaped = bad = false;
            continue;
          }
          if (bad) continue;
          if (escaped) {
            escaped = false;
            if (byte === ESC_END) byte = END;
            else if (byte === ESC_ESC) byte = ESC;
            else {
              spoil('wrong escape');
              continue;
            }
          } else if (byte === ESC) {
            escaped = true;
            continue;
          }
          if (store.length >= maxFrameBytes) {
            spoil('frame too long');
            continue;
          }
          one[0] = byte;
          store.append(one);
        }
      },
      reset() {
        store.clear();
        escaped = bad = false;
      },
      encode(payload) {
        const out = [END];
        for (const byte of payload) {
          if (byte === END) out.push(ESC, ESC_END);
          else if (byte === ESC) out.push(ESC, ESC_ESC);
          else out.push(byte);
        }
        out.push(END);
        return Buffer.from(out);
      },
    };
  },
};

// Frames that carry their length: [header] [length] payload. An impossible length is skipped byte by byte until one fits.
import { ByteStore } from './byte-store.ts';
import { parseBytes } from './bytes.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const lengthPrefixedFraming: FramingDefinition = {
  name: 'length-prefixed',
  doc: 'Frames carry their length: header, length, payload. The payload is what is handed on, unless keepHeader is set.',
  options: [
    {
      name: 'header',
      type: 'string',
      default: '',
      doc: 'Bytes before the length, to find the begin of a frame again.',
      example: '\\xAA\\x55',
    },
    { name: 'lengthBytes', type: 'int', default: 1, oneOf: [1, 2, 4], doc: 'Size of the length field, bytes.' },
    { name: 'byteOrder', type: 'string', default: 'big', oneOf: ['big', 'little'], doc: 'Byte order of the length field.' },
    {
      name: 'lengthCounts',
      type: 'int',
      default: 0,
      min: -64,
      max: 64,
      doc: 'How many bytes the length counts besides the payload (2 when it counts itself and has two bytes; negative when bytes follow that it does not count).',
    },
    { name: 'keepHeader', type: 'bool', default: false, doc: 'Hand on header and length too.' },
    { name: 'resyncMs', type: 'duration', default: 1000, min: 0, doc: 'Pause after which half a frame is thrown away; 0 = never.' },
    maxFrameOption,
  ],
  create({ header, lengthBytes, byteOrder, lengthCounts, keepHeader, resyncMs, maxFrameBytes }, drop) {
    const mark = parseBytes(header, 'header');
    const before = mark.length + lengthBytes;
    const store = new ByteStore();
    let inStep = true;
    const outOfStep = (reason: string) => {
      if (inStep) drop(reason);
      inStep = false;
      store.skip(1);
    };
    const cut = (out: (frame: Buffer) => void) => {
      while (store.length > 0) {
        const view = store.view();
        if (mark.length > 0) {
          const at = view.indexOf(mark[0]!);
          if (at !== 0) {
            if (inStep) drop('bytes outside of frames');
            inStep = false;
            store.skip(at < 0 ? view.length : at);
            continue;
          }
          const n = Math.min(mark.length, view.length);
          if (view.compare(mark, 0, n, 0, n) !== 0) {
            outOfStep('bytes outside of frames');
            continue;
          }
        }
        if (view.length < before) return;
        const value = byteOrder === 'big' ? view.readUIntBE(mark.length, lengthBytes) : view.readUIntLE(mark.length, lengthBytes);
        const payloadBytes = value - lengthCounts;
        if (payloadBytes < 0 || before + payloadBytes > maxFrameBytes) {
          outOfStep('impossible length');
          continue;
        }
        if (view.length < before + payloadBytes) return;
        const frame = store.take(before + payloadBytes);
        inStep = true;
        out(keepHeader ? frame : frame.subarray(before));
      }
    };
    return {
      get held() {
        return store.length;
      },
      ...(resyncMs > 0 ? { idleMs: resyncMs as number } : {}),
      idle() {
        if (store.length > 0) drop('half a frame before a pause');
        store.clear();
        inStep = true;
      },
      push(chunk, out) {
        store.append(chunk);
        cut(out);
      },
      reset() {
        store.clear();
        inStep = true;
      },
      encode(payload) {
        const value = payload.length + lengthCounts;
        if (value < 0 || value >= 2 ** (8 * lengthBytes)) throw new Error(`the length ${value} does not fit in ${lengthBytes} byte(s)`);
        const head = Buffer.alloc(before);
        mark.copy(head);
        if (byteOrder === 'big') head.writeUIntBE(value, mark.length, lengthBytes);
        else head.writeUIntLE(value, mark.length, lengthBytes);
        return Buffer.concat([head, payload]);
      },
    };
  },
};

// Frames that match a regular expression. RE2 syntax: its time is linear in the text, so that no line can stall the gateway.
import { RE2JS } from 're2js';
import { ByteStore } from './byte-store.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const regexFraming: FramingDefinition = {
  name: 'regex',
  doc: 'Frames are what matches a regular expression (RE2 syntax; bytes are read as Latin-1). What lies between matches is passed over.',
  options: [
    { name: 'framePattern', type: 'string', required: true, doc: 'Expression that a whole frame matches.', example: 'W[+-][0-9.]+kg' },
    {
      name: 'settleMs',
      type: 'duration',
      default: 20,
      min: 1,
      doc: 'A match at the very end may go on with the next bytes: it is taken after this pause.',
    },
    { ...maxFrameOption, default: 1024 },
  ],
  create({ framePattern, settleMs, maxFrameBytes }, drop) {
    let pattern: RE2JS;
    try {
      pattern = RE2JS.compile(framePattern, RE2JS.DOTALL);
    } catch (error) {
      throw new Error(`property framePattern: ${(error as Error).message}`);
    }
    if (pattern.matcher('').matches()) throw new Error('property framePattern: it matches nothing at all, so every place would be a frame');
    const store = new ByteStore();
    const cut = (out: (frame: Buffer) => void, settled: boolean) => {
      const text = store.view().toString('latin1');
      const matcher = pattern.matcher(text);
      let done = 0;
      while (matcher.find()) {
        const end = matcher.end();
        if (end === text.length && !settled) break;
        if (end === matcher.start()) continue;
        const frame = Buffer.from(text.slice(matcher.start(), end), 'latin1');
        done = end;
        out(frame);
      }
      store.skip(done);
    };
    return {
      idleMs: settleMs as number,
      get held() {
        return store.length;
      },
      push(chunk, out) {
        for (let at = 0; at < chunk.length; at += maxFrameBytes) {
          store.append(chunk.subarray(at, at + maxFrameBytes));
          cut(out, false);
          if (store.length > maxFrameBytes) {
            drop('nothing matches framePattern');
            store.skip(store.length - maxFrameBytes);
          }
        }
      },
      idle(out) {
        if (store.length > 0) cut(out, true);
      },
      reset: () => store.clear(),
      encode: (payload) => Buffer.from(payload),
    };
  },
};

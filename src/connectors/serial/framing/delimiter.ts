// Frames that end with a mark, most often a line end.
import { ByteStore } from './byte-store.ts';
import { parseBytes } from './bytes.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const delimiterFraming: FramingDefinition = {
  name: 'delimiter',
  doc: 'Frames end with a mark, by default the line end. Empty frames are passed over. With \\n a \\r before it is cut off too.',
  options: [
    { name: 'delimiter', type: 'string', default: '\\n', doc: 'The mark; \\r \\n \\t \\0 \\xNN are understood.', example: '\\r\\n' },
    maxFrameOption,
  ],
  create({ delimiter, maxFrameBytes }, drop) {
    const mark = parseBytes(delimiter, 'delimiter');
    if (mark.length === 0) throw new Error('property delimiter is empty');
    const cutReturn = mark.length === 1 && mark[0] === 10;
    const store = new ByteStore();
    let searched = 0;
    let tooLong = false;
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        store.append(chunk);
        for (;;) {
          const view = store.view();
          const at = view.indexOf(mark, Math.max(0, searched - mark.length + 1));
          if (at < 0) break;
          const end = cutReturn && at > 0 && view[at - 1] === 13 ? at - 1 : at;
          if (tooLong || end > maxFrameBytes) {
            if (!tooLong) drop('frame too long');
            tooLong = false;
            store.skip(at + mark.length);
          } else {
            const frame = end > 0 ? store.take(end) : undefined;
            store.skip(at - end + mark.length);
            if (frame) out(frame);
          }
          searched = 0;
        }
        if (store.length > maxFrameBytes + mark.length) {
          if (!tooLong) drop('frame too long');
          tooLong = true;
          store.skip(store.length - mark.length + 1); // the mark may have begun
        }
        searched = store.length;
      },
      reset() {
        store.clear();
        searched = 0;
        tooLong = false;
      },
      encode: (payload) => Buffer.concat([payload, mark]),
    };
  },
};

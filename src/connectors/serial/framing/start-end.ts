// Frames between a start and an end mark, with a checksum or CRC before or behind the end mark. The checksum decides where there is one.
import { ByteStore } from './byte-store.ts';
import { parseBytes } from './bytes.ts';
import { checksums, crcOf, parseCrc } from './checksum.ts';
import { type FramingDefinition, maxFrameOption } from './framing.ts';

export const startEndFraming: FramingDefinition = {
  name: 'start-end',
  doc: 'Frames between a start and an end mark, with or without a checksum. A frame with a wrong checksum is thrown away and counted. Binary payloads that may hold the end mark need frameBytes.',
  options: [
    { name: 'start', type: 'string', default: '\\x02', doc: 'Start mark (STX).' },
    { name: 'end', type: 'string', default: '\\x03', doc: 'End mark (ETX).' },
    { name: 'checksum', type: 'string', default: 'none', oneOf: ['none', ...Object.keys(checksums)], doc: 'Kind of checksum.' },
    {
      name: 'crc',
      type: 'object',
      default: {},
      doc: 'Instead of checksum: a CRC by its parameters {width, poly, init, refin, refout, xorout}, poly in normal form.',
      example: { width: 16, poly: '0x8005', init: '0xFFFF', refin: true, xorout: 0 },
    },
    { name: 'checksumPlace', type: 'string', default: 'after-end', oneOf: ['before-end', 'after-end'], doc: 'Position of the checksum.' },
    {
      name: 'checksumForm',
      type: 'string',
      default: 'big',
      oneOf: ['big', 'little', 'hex'],
      doc: 'Binary with the high or the low byte first, or upper or lower case hex digits.',
    },
    {
      name: 'checksumOver',
      type: 'string',
      default: 'payload',
      oneOf: ['payload', 'payload+end', 'start+payload', 'start+payload+end'],
      doc: 'What the checksum is made of (with after-end it may take in the end mark).',
    },
    {
      name: 'frameBytes',
      type: 'int',
      default: 0,
      min: 0,
      doc: 'Length of the payload when it never changes: the end mark may then occur in it. 0 = it changes.',
    },
    maxFrameOption,
  ],
  create(o, drop) {
    const start = parseBytes(o['start'], 'start');
    const end = parseBytes(o['end'], 'end');
    if (start.length === 0) throw new Error('property start is empty');
    if (end.length === 0 && o['frameBytes'] === 0) throw new Error('property end is empty: then frameBytes must be given');
    const parameters = o['crc'] as Record<string, unknown>;
    const named = checksums[String(o['checksum']).toLowerCase()];
    const own = Object.keys(parameters).length > 0 ? crcOf(parseCrc(parameters)) : undefined;
    if (named && own) throw new Error('properties checksum and crc exclude each other');
    const sum = named ?? own;
    const form = String(o['checksumForm']).toLowerCase();
    const afterEnd = String(o['checksumPlace']).toLowerCase() === 'after-end';
    const over = String(o['checksumOver']).toLowerCase();
    const frameBytes = o['frameBytes'] as number;
    const maxFrameBytes = o['maxFrameBytes'] as number;
    if (!afterEnd && over.endsWith('end')) throw new Error('property checksumOver: a checksum before the end mark cannot take it in');
    const sumBytes = sum ? (form === 'hex' ? sum.bytes * 2 : sum.bytes) : 0;
    const between = afterEnd ? 0 : sumBytes;
    const behind = afterEnd ? sumBytes : 0;
    const store = new ByteStore();
    const sumText = (payload: Uint8Array): Buffer => {
      const parts = [...(over.startsWith('start') ? [start] : []), payload, ...(over.endsWith('end') ? [end] : [])];
      const value = sum!.of(Buffer.concat(parts));
      if (form === 'hex')
        return Buffer.from(
          value
            .toString(16)
            .toUpperCase()
            .padStart(sum!.bytes * 2, '0'),
        );
      const b = Buffer.alloc(sum!.bytes);
      if (form === 'little') b.writeUIntLE(value, 0, sum!.bytes);
      else b.writeUIntBE(value, 0, sum!.bytes);
      return b;
    };
    const sumFits = (payload: Buffer, found: Buffer) => {
      const wanted = sumText(payload);
      return form === 'hex' ? found.toString('latin1').toUpperCase() === wanted.toString('latin1') : found.equals(wanted);
    };
    const cut = (out: (frame: Buffer) => void) => {
      while (store.length > 0) {
        let view = store.view();
        const at = view.indexOf(start);
        if (at < 0) {
          store.skip(Math.max(0, view.length - start.length + 1));
          return;
        }
        if (at > 0) {
          store.skip(at);
          view = store.view();
        }
        const first = start.length;
        // position of the end mark
        let endAt = frameBytes > 0 ? first + frameBytes + between : view.indexOf(end, first + between);
        if (frameBytes > 0 && view.length < endAt + end.length + behind) return;
        if (frameBytes > 0 && view.compare(end, 0, end.length, endAt, endAt + end.length) !== 0) endAt = -2;
        if (endAt === -1) {
          if (view.length <= maxFrameBytes + first + between) return;
          drop('frame too long');
        } else if (endAt >= 0) {
          if (view.length < endAt + end.length + behind) return;
          const payload = view.subarray(first, endAt - between);
          const found = afterEnd ? view.subarray(endAt + end.length, endAt + end.length + behind) : view.subarray(endAt - between, endAt);
          if (payload.length > maxFrameBytes) drop('frame too long');
          else if (!sum || sumFits(payload, found)) {
            const frame = Buffer.from(payload);
            store.skip(endAt + end.length + behind);
            out(frame);
            continue;
          } else drop('wrong checksum');
        } else drop('no end mark where it must be');
        store.skip(1); // this start was none: look for the next one
      }
    };
    return {
      get held() {
        return store.length;
      },
      push(chunk, out) {
        // in pieces, so that what is held stays within the longest frame
        for (let i = 0; i < chunk.length; i += maxFrameBytes) {
          store.append(chunk.subarray(i, i + maxFrameBytes));
          cut(out);
        }
      },
      reset: () => store.clear(),
      encode(payload) {
        if (frameBytes > 0 && payload.length !== frameBytes)
          throw new Error(`the payload has ${payload.length} bytes, frames have ${frameBytes}`);
        const check = sum ? sumText(payload) : Buffer.alloc(0);
        return Buffer.concat(afterEnd ? [start, payload, end, check] : [start, payload, check, end]);
      },
    };
  },
};

// NMEA 0183 sentences: $…*hh or !…*hh with the exclusive or of what stands between. Frames are handed on without mark and checksum.
import { checksums } from './checksum.ts';
import { delimiterFraming } from './delimiter.ts';
import type { FramingDefinition } from './framing.ts';

export const nmeaFraming: FramingDefinition = {
  name: 'nmea',
  doc: 'NMEA 0183: the text between $ (or !) and * is handed on when the checksum is right; FORMAT delimited splits it.',
  options: [
    { name: 'requireChecksum', type: 'bool', default: true, doc: 'Throw away sentences without a checksum too.' },
    // the standard allows 82 characters; receivers of today send longer ones
    { name: 'maxFrameBytes', type: 'int', default: 256, min: 16, max: 4096, doc: 'Longest sentence, bytes.' },
  ],
  create({ requireChecksum, maxFrameBytes }, drop) {
    const lines = delimiterFraming.create({ delimiter: '\\n', maxFrameBytes }, drop);
    const sentence = (line: Buffer, out: (frame: Buffer) => void) => {
      const start = Math.max(line.lastIndexOf('$'), line.lastIndexOf('!'));
      if (start < 0) return drop('no sentence');
      const star = line.indexOf('*', start);
      if (star < 0) return requireChecksum ? drop('no checksum') : out(line.subarray(start + 1));
      const body = line.subarray(start + 1, star);
      const hex = line.subarray(star + 1, star + 3).toString('latin1');
      if (!/^[0-9A-Fa-f]{2}$/.test(hex) || Number.parseInt(hex, 16) !== checksums['xor8']!.of(body)) return drop('wrong checksum');
      out(body);
    };
    return {
      get held() {
        return lines.held;
      },
      push: (chunk, out) => lines.push(chunk, (line) => sentence(line, out)),
      reset: () => lines.reset(),
      encode(payload) {
        if (/[$!*\r\n]/.test(Buffer.from(payload).toString('latin1')))
          throw new Error('an NMEA sentence cannot hold $, !, * or a line end');
        const hex = checksums['xor8']!.of(payload).toString(16).toUpperCase().padStart(2, '0');
        return Buffer.concat([Buffer.from('$'), payload, Buffer.from(`*${hex}\r\n`)]);
      },
    };
  },
};

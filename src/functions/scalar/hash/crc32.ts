// SQL crc32(text).
import { crc32 as checksum } from 'node:zlib';
import { textFunction } from '../string/text-function.ts';

export const crc32 = textFunction({
  name: 'crc32',
  group: 'hash',
  doc: 'CRC-32 (IEEE) of the UTF-8 bytes of the text, as lower-case hex digits without leading zeros.',
  examples: [
    ['crc32("123456789")', 'cbf43926'],
    ['crc32("")', '0'],
    ['crc32(a)', null, { a: null }],
    ['crc32(12)', { error: 'Expect string type for parameter 1' }],
  ],
  compute: (text) => checksum(text).toString(16),
});

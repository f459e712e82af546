// SQL compress(data, method).
import { defineScalar, param } from '../../../contract/function.ts';
import { compileCompression } from './compression.ts';

export const compress = defineScalar({
  name: 'compress',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('data', 'string'), param('method', 'string')],
  returns: 'bytea',
  doc: 'Bytes of the text (or bytes) compressed by zlib, gzip, flate or zstd. The method must not change while the rule runs.',
  examples: [
    ['cast(decompress(compress("hello", "zlib"), "zlib"), "string")', 'hello'],
    ['compress(a, "gzip")', null, { a: null }],
    ['compress(a, "zlib")', { error: 'require string or bytea parameter, but got 5' }, { a: 5 }],
    ['compress("x", "rar")', { error: 'unsupported compressor: rar' }],
  ],
  compile: ([data, method]) => compileCompression('compress', data!, method!),
});

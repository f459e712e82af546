// SQL decompress(data, method).
import { defineScalar, param } from '../../../contract/function.ts';
import { compileCompression } from './compression.ts';

export const decompress = defineScalar({
  name: 'decompress',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('data', 'string'), param('method', 'string')],
  returns: 'bytea',
  doc: 'Bytes that compress() (or the same method elsewhere) has packed; at most 16 MB. The method must not change while the rule runs.',
  examples: [
    ['cast(decompress(compress(a, "zstd"), "zstd"), "string")', 'hello', { a: 'hello' }],
    ['decompress(a, "gzip")', null, { a: null }],
    ['decompress("x", "zlib")', { error: 'failed to decompress' }],
    ['decompress("x", "rar")', { error: 'unsupported decompressor: rar' }],
  ],
  compile: ([data, method]) => compileCompression('decompress', data!, method!),
});

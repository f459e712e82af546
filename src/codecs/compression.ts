// `compression` of sinks and `decompression` of sources. The methods: data/compression.ts.

import { budgetProblem, isBudgetError } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import { compressionNames, isCompressionName, pack, unpack } from '../data/compression.ts';

export { type CompressionName, compressionNames } from '../data/compression.ts';

/** Largest file or answer that is unpacked as a whole. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/** @throws Error for an unknown name */
export function createCompressor(name: string): (data: Uint8Array) => Uint8Array {
  const method = name.toLowerCase();
  if (!isCompressionName(method)) throw new Error(`unsupported compressor: ${name}; use ${compressionNames.join(', ')}`);
  return (data) => pack(method, data);
}

/** @param of what is unpacked: one message (its budget is the limit), or a whole file or answer
 *  @throws Error for an unknown name; the result throws rowError for bytes that are not of that compression */
export function createDecompressor(name: string, of: 'message' | 'file' = 'file'): (data: Uint8Array) => Uint8Array {
  const method = name.toLowerCase();
  if (!isCompressionName(method)) throw new Error(`unsupported decompressor: ${name}; use ${compressionNames.join(', ')}`);
  return (data) => {
    try {
      return unpack(
        method,
        data,
        (problem) => budgetProblem(`decompression ${name}: ${problem}`),
        of === 'file' ? MAX_FILE_BYTES : undefined,
      );
    } catch (error) {
      if (isBudgetError(error)) throw error;
      throw rowError(`decompression ${name} failed: ${messageOf(error)}`, 'DECODE_FAILED');
    }
  };
}

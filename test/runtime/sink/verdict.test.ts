// Which errors mean that the peer is away, that the row is not taken now, and that it never will be.
import { expect, test } from 'vitest';
import { answeredError, ioError } from '../../../src/base/errors/gateway-error.ts';
import { verdictOf } from '../../../src/runtime/sink/verdict.ts';

test.each([
  ['a lost connection', ioError('ECONNREFUSED'), 'away'],
  ['an answer that it failed', answeredError('500'), 'fault'],
  ['a refusal', new Error('400'), 'final'],
  ['a setting of the gateway', Object.assign(new Error('enablePrivateNet'), { bySetting: true }), 'away'],
  ['an address that the row chose', Object.assign(new Error('enablePrivateNet'), { bySetting: undefined }), 'final'],
  ['a text that was thrown', 'x', 'final'],
  ['nothing that was thrown', undefined, 'final'],
] as const)('%s', (_name, error, verdict) => {
  expect(verdictOf(error)).toBe(verdict);
});

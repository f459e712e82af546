// A sample of a row with fields that cannot be read: without them, and never a failure of its own.
import { expect, it } from 'vitest';
import { createJsonDecoder } from '../../../src/codecs/json/decode.ts';
import type { Row } from '../../../src/data/value.ts';
import { sampleOf, shownColumn } from '../../../src/runtime/diagnosis/sample.ts';

it('a row whose fields throw when they are read is shown without them, at the top and inside', () => {
  const schema = [
    { name: 'a', type: { kind: 'bigint' as const } },
    { name: 'b', type: { kind: 'bigint' as const } },
    { name: 'h', type: { kind: 'struct' as const, fields: [{ name: 'x', type: { kind: 'bigint' as const } }] } },
  ];
  const row = createJsonDecoder({ schema }).decode(Buffer.from('{"a":1,"b":"broken","h":{"x":"n"}}')) as Row;
  expect(sampleOf(row)).toContain('"a"');
  expect(sampleOf(row)).not.toContain('"b"');
  expect(sampleOf(row)).not.toContain('"h"');
  expect(shownColumn('b', row)).toBe('b cannot be read: b has wrong type:string, expect:bigint');
  expect(shownColumn('c', row)).toBe('c is not there');
});

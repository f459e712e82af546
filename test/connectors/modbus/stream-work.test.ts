// @covers issue:13#2
// What a line of rubbish costs: each byte is looked at once, in how many pieces ever it comes, and what is found does not depend on the pieces.
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import type * as Checksums from '../../../src/connectors/modbus/checksums.ts';
import { sealed } from '../../../src/connectors/modbus/checksums.ts';
import type { ModbusRequest } from '../../../src/connectors/modbus/frame.ts';
import { streamTransport } from '../../../src/connectors/modbus/transport/stream.ts';

const work = vi.hoisted(() => ({ bytes: 0 }));
vi.mock('../../../src/connectors/modbus/checksums.ts', async (original) => {
  const real = await original<typeof Checksums>();
  return {
    ...real,
    isSealed(frame: Buffer) {
      work.bytes += frame.length;
      return real.isSealed(frame);
    },
  };
});
beforeEach(() => {
  work.bytes = 0;
});

const request: ModbusRequest = { unit: 1, fn: 3, address: 0, count: 4 };
/** The longest reply that a length of one byte can promise. */
const LONGEST = 260;

/** @param silenceAfter pieces after which the line is silent for a while
 *  @returns what was taken for the reply, and which units were heard besides */
function heard(pieces: readonly Uint8Array[], silenceAfter = -1): { taken: string[]; strays: number[] } {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  let now = 0;
  let silence: (() => void) | undefined;
  const line = {
    gapMs: 2,
    characterMs: 1,
    now: () => now++,
    after(_ms: number, silent: () => void) {
      silence = silent;
      return () => {
        silence = undefined;
      };
    },
  };
  const transport = streamTransport(stream, 'rtu', line, new Promise(() => undefined), async () => undefined);
  const taken: string[] = [];
  const strays: number[] = [];
  transport.onStray = (unit) => void strays.push(unit);
  void transport.send(request, (frame) => void taken.push(frame.toString('hex')));
  for (const [i, piece] of pieces.entries()) {
    stream.emit('data', Buffer.from(piece));
    if (i === silenceAfter) silence?.();
  }
  return { taken, strays };
}
const bytewise = (bytes: Uint8Array): Uint8Array[] => Array.from(bytes, (b) => Uint8Array.of(b));

test.each([
  ['frames of others that are too long', Buffer.alloc(1020, Buffer.from('0203f0', 'hex'))],
  ['heads of our own reply', Buffer.alloc(1020, Buffer.from('0103', 'hex'))],
  ['one byte, again and again', Buffer.alloc(1020, 3)],
])('%s: each byte is summed for the frames that begin there, and no more', (_name, rubbish) => {
  heard(bytewise(rubbish));
  expect(work.bytes).toBeLessThan(rubbish.length * LONGEST);
});

const frame = (hex: string): Buffer => sealed(Buffer.from(hex, 'hex'));
const REPLY = frame('0103080102030405060708');
/** A damaged reply, at whose end something looks like an exception. */
const ENDS_LATE = Buffer.concat([Buffer.from('010308aabbccddeeffff', 'hex'), frame('018302')]);
const part = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.constantFrom(REPLY, frame('018302'), frame('02030401830000'), frame('010302ffff'), frame('030600010002'), frame('0203040183c0f1')),
  fc.constant(ENDS_LATE),
  // damaged, cut off, and lengths that promise more than comes
  fc.constantFrom(Buffer.from(REPLY).fill(0, 12), REPLY.subarray(0, 9), Buffer.from('0203ff', 'hex'), Buffer.from('010308', 'hex')),
);

test('what is found is the same in one piece and in any', () => {
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
      (parts, cuts) => {
        const bytes = Buffer.concat(parts);
        const pieces: Uint8Array[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = cuts[i % cuts.length] ?? 1;
          pieces.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(heard(pieces)).toEqual(heard([bytes]));
      },
    ),
    { numRuns: 500 },
  );
});

test('an exception at the end of a damaged reply is none, in how many pieces ever it comes', () => {
  expect(heard([ENDS_LATE])).toEqual({ taken: [], strays: [1] });
  expect(heard(bytewise(ENDS_LATE))).toEqual({ taken: [], strays: [1] });
});

test('a reply whose rest comes after a silence is taken', () => {
  for (let cut = 1; cut < REPLY.length; cut++)
    expect(heard([REPLY.subarray(0, cut), REPLY.subarray(cut)], 0), `cut at ${cut}`).toEqual({
      taken: [REPLY.subarray(0, -2).toString('hex')],
      strays: [],
    });
});

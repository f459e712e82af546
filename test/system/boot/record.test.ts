import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_BYTES, parseBlock } from '../../../src/system/boot/env-block.ts';
import { parseFacts } from '../../../src/system/boot/facts.ts';
import { createBootMedium, RECORDS, TALLIES } from '../../../src/system/boot/medium.ts';
import { type BootRecord, newer, parseRecord, parseTally, recordBlock, tallyBlock } from '../../../src/system/boot/record.ts';
import { choose } from './choice.ts';
import { memoryBlocks, PowerCut } from './memory-blocks.ts';

const slot = fc.constantFrom('A' as const, 'B' as const);
const record = fc
  .record({ seq: fc.integer({ min: 1, max: 99_999_999 }), good: slot, otherIsGood: fc.boolean(), tried: fc.boolean() })
  .map(
    ({ seq, good, otherIsGood, tried }): BootRecord => ({ seq, good, otherIsGood, ...(tried ? { trial: good === 'A' ? 'B' : 'A' } : {}) }),
  );

describe('the boot record', () => {
  it('is read as it was written, and fits one sector', () => {
    fc.assert(
      fc.property(record, (value) => {
        const block = recordBlock(value);
        expect(block.length).toBe(BLOCK_BYTES);
        expect(block.subarray(512).every((byte) => byte === 35)).toBe(true);
        expect(parseRecord(block)).toEqual(value);
      }),
    );
  });

  it('that was torn anywhere is the old one, the new one, or none', () => {
    fc.assert(
      fc.property(record, record, fc.integer({ min: 0, max: 200 }), (old, young, at) => {
        const torn = Buffer.concat([recordBlock(young).subarray(0, at), recordBlock(old).subarray(at)]);
        expect([undefined, JSON.stringify(old), JSON.stringify(young)]).toContain(
          parseRecord(torn) === undefined ? undefined : JSON.stringify(parseRecord(torn)),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('with one changed letter is none', () => {
    const block = recordBlock({ seq: 12, good: 'A', otherIsGood: false, trial: 'B' });
    const end = block.indexOf('####');
    for (let at = 25; at < end; at++) {
      const changed = Buffer.from(block);
      changed[at] = changed[at]! ^ 1;
      expect(parseRecord(changed), `letter ${at}`).toBeUndefined();
    }
  });

  it('of another length, or without GRUB’s head, is none', () => {
    const block = recordBlock({ seq: 1, good: 'A', otherIsGood: false });
    expect(parseRecord(block.subarray(0, 512))).toBeUndefined();
    expect(parseBlock(Buffer.alloc(BLOCK_BYTES))).toBeUndefined();
    expect(parseRecord(undefined)).toBeUndefined();
  });

  it('is the copy with the higher number', () => {
    const one: BootRecord = { seq: 3, good: 'A', otherIsGood: true };
    const two: BootRecord = { seq: 4, good: 'B', otherIsGood: true };
    expect(newer(one, two)).toBe(two);
    expect(newer(two, one)).toBe(two);
    expect(newer(one, undefined)).toBe(one);
    expect(newer(undefined, two)).toBe(two);
    expect(newer(undefined, undefined)).toBeUndefined();
  });

  it('counts starts of its own number only', () => {
    expect(parseTally(tallyBlock(7, 2), 7)).toBe(2);
    expect(parseTally(tallyBlock(7, 2), 8)).toBeUndefined();
    expect(parseTally(undefined, 7)).toBeUndefined();
  });
});

describe('the boot medium', () => {
  // @covers issue:17#1
  it('has the old record or the new one after a cut at any byte of any write, also for GRUB, which knows no checksum', () => {
    for (let at = 0; at < 2; at++)
      for (let bytes = 0; bytes <= BLOCK_BYTES; bytes += bytes < 160 ? 1 : 108) {
        const blocks = memoryBlocks();
        const medium = createBootMedium(blocks);
        medium.write({ good: 'A', otherIsGood: true });
        medium.write({ good: 'B', otherIsGood: false });
        blocks.writes = [];
        blocks.cut = { at, bytes };
        expect(() => medium.write({ good: 'A', otherIsGood: false, trial: 'B' })).toThrow(PowerCut);
        blocks.cut = undefined;
        const old = { seq: 2, good: 'B', otherIsGood: false };
        const young = { seq: 3, good: 'A', otherIsGood: false, trial: 'B' };
        const now = medium.read();
        expect([old, young], `write ${at}, byte ${bytes}`).toContainEqual(now);
        if (at === 1) expect(now).toEqual(young);
        const choice = choose(blocks);
        expect(choice.seq).toBe(now?.seq);
        expect([choice.slot, choice.why]).toEqual(now?.seq === 3 ? ['B', 'trial'] : ['B', 'good']);
        medium.repair({ good: 'A', otherIsGood: false });
        expect(RECORDS.map((name) => parseRecord(blocks.read(name)))).toEqual([now, now]);
      }
  });

  it('writes the copy that does not count first', () => {
    const blocks = memoryBlocks();
    const medium = createBootMedium(blocks);
    medium.write({ good: 'A', otherIsGood: false });
    blocks.files.delete('boot1.env');
    blocks.writes = [];
    medium.write({ good: 'A', otherIsGood: true });
    expect(blocks.writes).toEqual(['boot1.env', 'boot2.env']);
    blocks.files.delete('boot2.env');
    blocks.writes = [];
    medium.write({ good: 'A', otherIsGood: true });
    expect(blocks.writes).toEqual(['boot2.env', 'boot1.env']);
  });

  it('repairs what is torn or missing, says what it was, and writes nothing when all is whole', () => {
    const blocks = memoryBlocks();
    const medium = createBootMedium(blocks);
    expect(medium.repair({ good: 'B', otherIsGood: true })).toEqual([...RECORDS, ...TALLIES]);
    expect(medium.read()).toEqual({ seq: 1, good: 'B', otherIsGood: true });
    blocks.writes = [];
    expect(medium.repair({ good: 'A', otherIsGood: false })).toEqual([]);
    expect(blocks.writes).toEqual([]);
    blocks.files.set('boot2.env', Buffer.alloc(BLOCK_BYTES));
    blocks.files.set('tries1.env', tallyBlock(1, 5));
    blocks.files.set('tries2.env', Buffer.from('empty'));
    expect(medium.repair({ good: 'A', otherIsGood: false })).toEqual(['boot2.env', 'tries2.env']);
    expect(parseTally(blocks.read('tries2.env'), 1)).toBe(5);
    expect(medium.read()).toEqual({ seq: 1, good: 'B', otherIsGood: true });
  });

  it('sets the tally back, and writes nothing when there is none', () => {
    const blocks = memoryBlocks();
    const medium = createBootMedium(blocks);
    medium.repair({ good: 'A', otherIsGood: false });
    for (const name of TALLIES) blocks.files.set(name, tallyBlock(1, 2));
    medium.resetTally();
    expect(TALLIES.map((name) => parseTally(blocks.read(name), 1))).toEqual([0, 0]);
    blocks.writes = [];
    medium.resetTally();
    expect(blocks.writes).toEqual([]);
  });
});

describe('facts of a boot', () => {
  it('are read from the command line of the kernel', () => {
    expect(parseFacts('BOOT_IMAGE=x root=PARTUUID=1-03 ro rauc.slot=B kuiper.boot=trial:12:xx panic=10')).toEqual({
      slot: 'B',
      why: 'trial',
      seq: 12,
      starts: 2,
    });
    expect(parseFacts('rauc.slot=A')).toEqual({ slot: 'A', why: 'uncounted', seq: 0, starts: 0 });
    expect(parseFacts('rauc.slot=A kuiper.boot=wonder:1:x')).toEqual({ slot: 'A', why: 'uncounted', seq: 1, starts: 1 });
    expect(parseFacts('quiet rauc.slot=C')).toBeUndefined();
    expect(parseFacts('BOOT_IMAGE=/vmlinuz')).toBeUndefined();
  });
});

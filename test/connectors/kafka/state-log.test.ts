// The log of a partition's states: only the last claim's states count, whatever a member writes that was taken for dead.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimKey, decodeState, encodeState, StateLog, stateKey } from '../../../src/connectors/kafka/state-log.ts';

const bytes = (text: string) => Buffer.from(text);

describe('the log of states', () => {
  it('carries a position and a state, or the lack of one', () => {
    expect(decodeState(encodeState({ next: 2n ** 60n, state: bytes('abc') }))).toEqual({ next: 2n ** 60n, state: bytes('abc') });
    expect(decodeState(encodeState({ next: 0n, state: undefined }))).toEqual({ next: 0n, state: undefined });
    expect(decodeState(encodeState({ next: 1n, state: bytes('') })).state).toHaveLength(0);
    expect(() => decodeState(bytes('x'))).toThrow('not a state of this version');
    expect(() => decodeState(Buffer.concat([Buffer.from([9]), Buffer.alloc(20)]))).toThrow('not a state of this version');
  });

  // @covers issue:22#6
  it('counts a state only while its claim is the last one: any order of claims and states of three members', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ who: fc.constantFrom('a', 'b', 'c'), claims: fc.boolean() }), { maxLength: 40 }), (steps) => {
        const log = new StateLog();
        let owner = '';
        let expected: bigint | undefined;
        steps.forEach(({ who, claims }, i) => {
          if (claims) {
            owner = who;
            log.read({ key: claimKey(who), value: bytes('1') });
          } else {
            if (who === owner) expected = BigInt(i);
            log.read({ key: stateKey(who), value: encodeState({ next: BigInt(i), state: undefined }) });
          }
          expect(log.truth?.next).toBe(expected);
        });
      }),
    );
  });

  it('knows the keys that a newer state makes superfluous', () => {
    const log = new StateLog();
    log.read({ key: claimKey('a'), value: bytes('1') });
    log.read({ key: stateKey('a'), value: encodeState({ next: 1n, state: undefined }) });
    log.read({ key: claimKey('b'), value: bytes('1') });
    log.read({ key: claimKey('a'), value: undefined });
    expect([...log.keys]).toEqual([stateKey('a'), claimKey('b')]);
  });
});

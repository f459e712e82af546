// Parts of the listener by themselves: matching, rights, records on the disk, the guard of packets, users.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterWithin, isFilter, isTopic, rightsOf, topicMatches } from '../../src/ingress/acl.ts';
import { PacketGuard } from '../../src/ingress/packet-guard.ts';
import { decodeRecords, encodeAck, encodeMessage } from '../../src/ingress/record.ts';
import { parseUsers, usersText, withUser } from '../../src/ingress/users.ts';

describe('topics', () => {
  test.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'a/b', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['+', '', true],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
    ['A', 'a', false],
  ])('%s takes %s: %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
  });

  test.each([
    ['plant/#', 'plant/#', true],
    ['plant/+/x', 'plant/#', true],
    ['plant/#', 'plant/+', false],
    ['#', 'plant/#', false],
    ['plant/+', 'plant/press1', false],
    ['plant/press1', 'plant/+', true],
    ['plant', 'plant/#', true],
    ['plant/a/b', 'plant/+', false],
  ])('a subscription to %s lies within %s: %s', (filter, pattern, expected) => {
    expect(filterWithin(filter, pattern)).toBe(expected);
  });

  test('what lies within a pattern matches nothing that the pattern does not', () => {
    const level = fc.constantFrom('a', 'b', '+');
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
      .map(([l, hash]) => [...l, ...(hash ? ['#'] : [])].join('/'));
    const topic = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }).map((l) => l.join('/'));
    fc.assert(
      fc.property(filter, filter, topic, (f, p, t) => {
        if (filterWithin(f, p) && topicMatches(f, t)) expect(topicMatches(p, t)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('names of topics and filters', () => {
    expect(['a', 'a/b', '/', 'ä'].map(isTopic)).toEqual([true, true, true, true]);
    expect(['', 'a/+', '#', 'a\0', 'x'.repeat(1025), 'a/'.repeat(40)].map(isTopic)).toEqual([false, false, false, false, false, false]);
    expect(['#', 'a/#', '+/+', 'a'].map(isFilter)).toEqual([true, true, true, true]);
    expect(['', '#/a', 'a#', 'a/b+', 'a\0'].map(isFilter)).toEqual([false, false, false, false, false]);
  });

  test('a name or client id with a wildcard in it widens nothing', () => {
    const user = { name: 'u', publish: ['x/%c'], subscribe: ['y/%u'] };
    expect(rightsOf(user, 'c1').mayPublish('x/c1')).toBe(true);
    for (const clientId of ['+', '#', 'a/b', '']) expect(rightsOf(user, clientId).mayPublish('x/a')).toBe(false);
    expect(rightsOf({ name: '#', publish: [], subscribe: ['y/%u'] }, 'c').maySubscribe('y/z')).toBe(false);
    expect(rightsOf({ name: 'u', publish: ['#'], subscribe: [] }, 'c').mayPublish('$SYS/x')).toBe(false);
  });
});

describe('records', () => {
  const message = fc.record({
    seq: fc.nat({ max: 2 ** 47 }),
    topic: fc.string({ minLength: 1, maxLength: 20 }),
    payload: fc.uint8Array({ maxLength: 50 }).map((b) => Buffer.from(b)),
    retain: fc.boolean(),
    targets: fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 4 }),
    properties: fc.constantFrom(undefined, { contentType: 'x', correlationData: Buffer.from([1, 2]) }),
  });

  test('are read as they were written, up to the first byte that changed', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.nat(), (messages, at) => {
        const parts = messages.map((m) => encodeMessage(m, 7));
        const all = Buffer.concat([...parts, encodeAck(3, 4, 7)]);
        const back = [...decodeRecords(all, 7)];
        expect(back).toHaveLength(messages.length + 1);
        for (const [i, m] of messages.entries()) expect(back[i]).toMatchObject({ kind: 'message', ...m });
        expect(back.at(-1)).toEqual({ kind: 'ack', seq: 3, session: 4 });
        // another use of the file
        expect([...decodeRecords(all, 8)]).toEqual([]);
        const hurt = Buffer.from(all);
        const place = at % all.length;
        hurt[place]! ^= 0x55;
        const whole = parts.findIndex((_p, i) => Buffer.concat(parts.slice(0, i + 1)).length > place);
        expect([...decodeRecords(hurt, 7)]).toHaveLength(whole < 0 ? messages.length : whole);
      }),
    );
  });
});

describe('the guard of packets', () => {
  const packet = (length: number): Buffer => {
    const head = [0x30];
    for (let rest = length; ; ) {
      const byte = rest % 128;
      rest = Math.floor(rest / 128);
      head.push(rest > 0 ? byte | 0x80 : byte);
      if (rest === 0) break;
    }
    return Buffer.concat([Buffer.from(head), Buffer.alloc(length)]);
  };

  test('takes packets up to the limit however they are cut, and refuses one more byte at its head', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (lengths, step) => {
        const guard = new PacketGuard(300);
        const bytes = Buffer.concat(lengths.map(packet));
        for (let at = 0; at < bytes.length; at += step) expect(guard.takes(bytes.subarray(at, at + step))).toBe(true);
        expect(guard.takes(packet(301).subarray(0, 3))).toBe(false);
      }),
    );
  });

  test('refuses a length of more than four bytes', () => {
    expect(new PacketGuard(2 ** 40).takes(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
  });
});

describe('users', () => {
  test('a file that is damaged lets nobody in, one wrong entry takes no other', () => {
    expect(parseUsers('{')).toEqual([]);
    expect(parseUsers('null')).toEqual([]);
    const [user] = withUser([], { name: 'a', password: 'a long one', publish: ['x'], subscribe: [] })!;
    const text = JSON.stringify({ users: [{ name: 'b' }, user, 5] });
    expect(parseUsers(text)).toEqual([user]);
    expect(parseUsers(usersText([user!]))).toEqual([user]);
  });

  test('a new user needs a password, an old one keeps its own', () => {
    expect(withUser([], { name: 'a', password: undefined, publish: ['x'], subscribe: [] })).toBeUndefined();
    const one = withUser([], { name: 'a', password: 'a long one', publish: ['x'], subscribe: [] })!;
    const two = withUser(one, { name: 'a', password: undefined, publish: ['y'], subscribe: [] })!;
    expect(two).toEqual([{ ...one[0], publish: ['y'] }]);
  });
});

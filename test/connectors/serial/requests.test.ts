// Requests as they are written in a stream, and what is said of an instrument. No line.
import { describe, expect, it } from 'vitest';
import { framings } from '../../../src/connectors/serial/framing/index.ts';
import { createRequestStates } from '../../../src/connectors/serial/request-state.ts';
import { compileRequests } from '../../../src/connectors/serial/requests.ts';

const framer = framings.find((f) => f.name === 'delimiter')!.create({ delimiter: '\\r', maxFrameBytes: 100 }, () => undefined);
const compiled = (...raw: Record<string, unknown>[]) => compileRequests(raw, framer);

// @covers issue:19#1
describe('requests of a stream', () => {
  it('text is framed as a sink writes it, hex is sent as it is, and members are filled in and added to rows', () => {
    const [text, hex] = compiled({ name: 'w', send: '#{{.unit}}?', each: [{ unit: '01' }] }, { hex: '01 03:00ff' });
    expect(text).toMatchObject({ name: 'w', bytes: Buffer.from('#01?\r'), columns: { request: 'w', unit: '01' } });
    expect(hex).toMatchObject({ bytes: Buffer.from('010300ff', 'hex'), columns: {} });
  });

  it('what is filled into expect is text, not a pattern', () => {
    const [request] = compiled({ send: 'x', expect: '^{{.unit}}:', each: [{ unit: '1.+' }] });
    const fits = new RegExp(request!.expect!.replace(/\\Q(.*?)\\E/g, (_, t: string) => t.replace(/[.+*?]/g, '\\$&')));
    expect([fits.test('1.+:5'), fits.test('1xx:5')]).toEqual([true, false]);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{ send: 'a', hex: '01' }, /request 1: give either send \(text\) or hex \(bytes\)/],
    [{}, /give either send/],
    [{ name: 'n', hex: '012' }, /request "n": "012" is not hex; write for example 01 03 00 00/],
    [{ hex: 'zz' }, /is not hex/],
    [{ send: '{{.unit}}', each: [{ u: 1 }] }, /\{\{\.unit\}\} is not a member of each/],
    [{ send: 'a', each: 'b' }, /each must be a list of objects/],
    [{ send: 'a', each: [null] }, /each must be a list of objects/],
    [{ send: 'a', expect: '' }, /expect must be a pattern/],
    [{ send: 'a', expect: '(' }, /expect: /],
    [{ send: 'a', retry: 1 }, /unknown key retry; known are name, send, hex, each, expect/],
  ])('%j is refused with its place', (raw, words) => expect(() => compiled(raw)).toThrow(words));
});

// @covers issue:19#2
describe('what is known of an instrument', () => {
  const [a, b] = compiled({ name: 'a', send: 'a' }, { name: 'b', send: 'b', each: [{ unit: 7 }] });
  const states = () => createRequestStates([a!, b!]);

  it('one lost answer is noise; the second sets it aside, and an answer brings it back', () => {
    const s = states();
    s.failed(a!, 1000, 'no answer within 1 s', 9000);
    expect(s.isDue(a!, 1000)).toBe(true);
    s.failed(a!, 2000, 'no answer within 1 s', 9000);
    expect([s.isDue(a!, 10_999), s.isDue(a!, 11_000), s.isDue(b!, 2000)]).toEqual([false, true, true]);
    s.answered(a!, 11_000, 5000.7, 12.34);
    expect(s.isDue(a!, 11_000)).toBe(true);
    expect(s.report('/dev/ttyS1', 12_000)[0]).toMatchObject({
      state: 'answering',
      lastReplyAtMs: 5000,
      replyMs: 12.3,
      problem: '',
      timeouts: 2,
    });
  });

  it('is told since the first failure, with what was counted, under its name and members', () => {
    const s = states();
    s.asked(b!);
    s.stray(b!);
    s.failed(b!, 1000, 'no answer within 1 s', 0);
    s.failed(b!, 4000, 'no answer within 1 s', 60_000);
    const [first, second] = s.report('/dev/ttyS1', 6000);
    expect(first).toMatchObject({ name: 'a', state: 'unasked', problem: '', points: { good: 0, bad: 0 } });
    expect(second).toMatchObject({
      name: 'b unit=7',
      state: 'silent',
      failingMs: 5000,
      requests: 1,
      timeouts: 2,
      strays: 1,
      nextTryMs: 58_000,
    });
    expect(second!.problem).toBe(
      'Instrument b unit=7 (/dev/ttyS1) has not answered for 5 s: no answer within 1 s. It is asked again in 58 s. Check its power, its wiring, its address, and the settings of the line.',
    );
  });
});

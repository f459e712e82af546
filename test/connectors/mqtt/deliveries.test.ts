// Answers to messages over losses of the connection, against a model of a broker and of rules that are done in any order.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Deliveries,
  type Delivery,
  type DeliveryEvent,
  type DeliveryState,
  deliveryTable,
} from '../../../src/connectors/mqtt/deliveries.ts';

const arrival = (messageId: number, text = 'x', dup = false, qos = 1) => ({ messageId, qos, dup, topic: 't', payload: Buffer.from(text) });

function open(takes = () => true) {
  const answers: number[] = [];
  const deliveries = new Deliveries((id) => {
    if (!takes()) return false;
    answers.push(id);
    return true;
  });
  deliveries.connected(false);
  return { deliveries, answers };
}

describe('answers to MQTT messages', () => {
  it('each state has a move for each event, and what is answered or void stays so', () => {
    const states: DeliveryState[] = ['given', 'done', 'answered', 'void'];
    const events: DeliveryEvent[] = ['release', 'sent', 'forgotten'];
    expect(states.map((s) => events.map((e) => deliveryTable[s][e]))).toEqual([
      ['done', 'given', 'void'],
      ['done', 'answered', 'void'],
      ['answered', 'answered', 'answered'],
      ['void', 'void', 'void'],
    ]);
  });

  it('leave in the order in which the messages came, whatever is done first', () => {
    const { deliveries, answers } = open();
    const [a, b, c] = [1, 2, 3].map((id) => deliveries.arrived(arrival(id))!) as [Delivery, Delivery, Delivery];
    c.release();
    b.release();
    expect(answers).toEqual([]);
    a.release();
    expect(answers).toEqual([1, 2, 3]);
    a.release();
    expect(answers).toEqual([1, 2, 3]);
    expect(deliveries.size).toBe(0);
  });

  it('wait for the repetition when the connection was lost; the message is not given out again', () => {
    const { deliveries, answers } = open();
    const a = deliveries.arrived(arrival(1))!;
    const b = deliveries.arrived(arrival(2))!;
    deliveries.lost();
    a.release();
    expect(answers).toEqual([]);
    deliveries.connected(true);
    expect(deliveries.arrived(arrival(1, 'x', true))).toBeUndefined();
    expect(answers).toEqual([1]);
    expect(deliveries.arrived(arrival(2, 'x', true))).toBeUndefined();
    b.release();
    expect(answers).toEqual([1, 2]);
  });

  it('are never given for a session that the broker forgot, also when the packet id is used again', () => {
    const { deliveries, answers } = open();
    const old = deliveries.arrived(arrival(1))!;
    deliveries.connected(false);
    const fresh = deliveries.arrived(arrival(1, 'new'))!;
    old.release();
    expect(answers).toEqual([]);
    expect([old.state, fresh.state]).toEqual(['void', 'given']);
    fresh.release();
    expect(answers).toEqual([1]);
  });

  it('a repetition with another content, or without the mark of one, is a message of its own', () => {
    const { deliveries, answers } = open();
    const a = deliveries.arrived(arrival(1, 'a'))!;
    const b = deliveries.arrived(arrival(2, 'b'))!;
    deliveries.connected(true);
    expect(deliveries.arrived(arrival(1, 'other', true))).toBeDefined();
    expect(deliveries.arrived(arrival(2, 'b', false))).toBeDefined();
    a.release();
    b.release();
    expect(answers).toEqual([]);
    expect([a.state, b.state]).toEqual(['void', 'void']);
  });

  it('that the socket does not take any more are sent after the next connect', () => {
    let takes = true;
    const { deliveries, answers } = open(() => takes);
    const a = deliveries.arrived(arrival(1))!;
    takes = false;
    a.release();
    expect([a.state, deliveries.size]).toEqual(['done', 1]);
    takes = true;
    deliveries.connected(true);
    expect(deliveries.arrived(arrival(1, 'x', true))).toBeUndefined();
    expect(answers).toEqual([1]);
  });

  it('a message that comes twice within one connection is given out once', () => {
    const { deliveries, answers } = open();
    const a = deliveries.arrived(arrival(1))!;
    expect(deliveries.arrived(arrival(1, 'x', true))).toBeUndefined();
    expect(deliveries.arrived(arrival(1, 'x', false))).toBeUndefined();
    a.release();
    deliveries.arrived(arrival(2))!.release();
    expect(answers).toEqual([1, 2]);
    expect(deliveries.size).toBe(0);
  });

  it('stay right over thousands of messages under way', () => {
    const { deliveries, answers } = open();
    const all = Array.from({ length: 5000 }, (_, i) => deliveries.arrived(arrival(i + 1))!);
    for (let i = all.length - 1; i > 0; i--) all[i]!.release();
    expect(answers).toEqual([]);
    all[0]!.release();
    expect(answers).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
    // in steps that leave a part of the line behind
    const more = Array.from({ length: 1000 }, (_, i) => deliveries.arrived(arrival(i + 1))!);
    for (const d of more.slice(0, 700)) d.release();
    for (const d of more.slice(700)) d.release();
    expect(answers.length).toBe(6000);
    expect(deliveries.size).toBe(0);
  });

  // @covers issue:14#3
  it('model: an answer is sent once, in order, after its release, never for an older session; nothing is open when all is done', () => {
    const command = fc.oneof(
      { weight: 6, arbitrary: fc.record({ type: fc.constant('publish' as const), text: fc.constantFrom('a', 'b') }) },
      { weight: 6, arbitrary: fc.record({ type: fc.constant('release' as const), which: fc.nat(50) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('lose' as const) }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('connect' as const), session: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('stuck' as const), on: fc.boolean() }) },
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
        /** The broker: messages in its session that are not answered, in order. */
        let session: { id: number; text: string; serial: number }[] = [];
        let serial = 0;
        let up = true;
        let stuck = false;
        let era = 0;
        /** Ids that came on this connection, in order, and how many of them were answered. */
        let line: number[] = [];
        const given: { delivery: Delivery; serial: number; era: number; released: boolean }[] = [];
        const answered = new Set<number>();
        const deliveries = new Deliveries((id) => {
          expect(up, 'answered without a connection').toBe(true);
          if (stuck) return false;
          expect(line[0], 'answered out of order').toBe(id);
          line.shift();
          const message = session.find((m) => m.id === id)!;
          expect(message, 'answered twice, or for an older session').toBeDefined();
          const mine = given.findLast((g) => g.serial === message.serial)!;
          expect([mine.released, mine.era], 'answered before its release').toEqual([true, era]);
          expect(answered.has(message.serial)).toBe(false);
          answered.add(message.serial);
          session = session.filter((m) => m !== message);
          return true;
        });
        deliveries.connected(false);
        const receive = (m: (typeof session)[number], dup: boolean) => {
          const before = given.some((g) => g.serial === m.serial && g.era === era);
          line.push(m.id);
          const delivery = deliveries.arrived({ messageId: m.id, qos: 1, dup, topic: 't', payload: Buffer.from(m.text) });
          expect(delivery === undefined, 'given out twice').toBe(before);
          if (delivery) given.push({ delivery, serial: m.serial, era, released: false });
        };
        const connect = (present: boolean) => {
          up = true;
          stuck = false;
          line = [];
          deliveries.connected(present);
          if (!present) {
            era++;
            session = [];
          }
          for (const m of [...session]) receive(m, true);
        };
        const freeId = () => {
          for (let id = 1; ; id++) if (!session.some((m) => m.id === id)) return id;
        };
        for (const c of commands) {
          if (c.type === 'publish' && up && session.length < 8) {
            const m = { id: freeId(), text: c.text, serial: serial++ };
            session.push(m);
            receive(m, false);
          } else if (c.type === 'release' && given.length > 0) {
            const g = given[c.which % given.length]!;
            g.released = true;
            g.delivery.release();
          } else if (c.type === 'lose' && up) {
            up = false;
            deliveries.lost();
          } else if (c.type === 'connect') connect(c.session);
          else if (c.type === 'stuck' && up) stuck = c.on;
          expect(deliveries.size).toBeLessThanOrEqual(8);
        }
        connect(true);
        for (const g of given) {
          g.released = true;
          g.delivery.release();
        }
        expect(session).toEqual([]);
        expect(deliveries.size).toBe(0);
        expect(line).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

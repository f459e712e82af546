// Verdicts on messages that ended the process, as a pure value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  afterDeath,
  afterPass,
  afterQuiet,
  type Death,
  emptyLedger,
  forgotten,
  type Ledger,
  type Message,
  parkFor,
  released,
  verdictOf,
} from '../../../src/runtime/suspect/ledger.ts';

const message = (hash: string, source = 'mqtt s'): Message => ({ source, topic: 't', hash, bytes: 3, packet: 1, preview: 'x' });
const death = (rule: string, hash: string | undefined, counted = true, supervised = false): Death => ({
  rule,
  message: hash === undefined ? undefined : message(hash),
  atMs: 1,
  counted,
  supervised,
});
const ledgerAfter = (...deaths: Death[]): Ledger => deaths.reduce(afterDeath, emptyLedger);

describe('the ledger of suspects', () => {
  it('suspects a message after its first recorded death and condemns it after the second, for that rule only', () => {
    const one = ledgerAfter(death('a', 'h'));
    expect([verdictOf(one, 'a', message('h')), verdictOf(one, 'b', message('h')), verdictOf(one, '', message('h'))]).toEqual([
      'suspect',
      'free',
      'free',
    ]);
    const two = afterDeath(one, death('a', 'h'));
    expect([verdictOf(two, 'a', message('h')), verdictOf(two, 'b', message('h'))]).toEqual(['condemned', 'free']);
    expect(verdictOf(two, 'a', message('other'))).toBe('free');
    expect(verdictOf(two, 'a', message('h', 'mqtt other'))).toBe('free');
    expect(two.parked).toEqual({});
  });

  it('lets a suspect go that was evaluated without a death, and never a condemned one', () => {
    expect(afterPass(ledgerAfter(death('a', 'h')), 'a', message('h')).cases).toEqual([]);
    expect(afterPass(ledgerAfter(death('a', 'h')), 'b', message('h')).cases.length).toBe(1);
    const condemned = ledgerAfter(death('a', 'h'), death('a', 'h'));
    expect(verdictOf(afterPass(condemned, 'a', message('h')), 'a', message('h'))).toBe('condemned');
  });

  it('forgets mere suspicion after a quiet time, and keeps what is condemned', () => {
    const l = afterQuiet(ledgerAfter(death('a', '1'), death('a', '1'), death('b', '2')));
    expect(l.cases.map((c) => [c.rule, c.deaths])).toEqual([['a', 2]]);
    expect(l.run).toEqual([]);
  });

  it('parks a rule after three deaths in a row on different messages, when the deaths were the gateway’s own', () => {
    expect(ledgerAfter(death('a', '1'), death('a', '2')).parked).toEqual({});
    expect(ledgerAfter(death('a', '1'), death('a', '2'), death('a', '3')).parked).toEqual({
      a: { atMs: 1, deaths: 3, message: undefined },
    });
    expect(ledgerAfter(death('a', '1'), death('a', '2', false), death('a', '3')).parked).toEqual({});
    expect(ledgerAfter(death('a', '1'), death('b', '2'), death('a', '3')).parked).toEqual({});
    expect(ledgerAfter(death('', '1'), death('', '2'), death('', '3')).parked).toEqual({});
  });

  it('parks a rule whose window ended the gateway twice, when the deaths were the gateway’s own', () => {
    expect(ledgerAfter(death('a', undefined)).parked).toEqual({});
    expect(Object.keys(ledgerAfter(death('a', undefined), death('a', undefined)).parked)).toEqual(['a']);
    expect(ledgerAfter(death('a', undefined, false), death('a', undefined, false)).parked).toEqual({});
    expect(ledgerAfter(death('a', undefined), death('b', undefined)).parked).toEqual({});
    // a window of minutes fires long after the healthy minute
    expect(ledgerAfter(death('a', undefined, false, true), death('a', undefined, false, true)).parked).toEqual({
      a: { atMs: 1, deaths: 2, message: undefined },
    });
    expect(ledgerAfter(death('a', '1', false, true), death('a', '2', false, true), death('a', '3', false, true)).parked).toEqual({});
  });

  it('a start keeps what is condemned set aside; an edit forgets everything about that rule', () => {
    const l = ledgerAfter(death('a', 'h'), death('a', 'h'), death('b', 'h'), death('b', 'h'));
    const parked = parkFor(l, l.cases[0]!, 7);
    expect(parked.parked['a']).toEqual({ atMs: 7, deaths: 2, message: message('h') });
    const started = released(parked, 'a');
    expect(started.parked).toEqual({});
    expect(verdictOf(started, 'a', message('h'))).toBe('condemned');
    expect(started.cases[0]!.parked).toBe(true);
    const edited = forgotten(parked, 'a');
    expect(edited.parked).toEqual({});
    expect([verdictOf(edited, 'a', message('h')), verdictOf(edited, 'b', message('h'))]).toEqual(['free', 'condemned']);
  });

  it('never lets a message at the same rule after two recorded deaths, whatever else happens, and stays bounded', () => {
    const event = fc.oneof(
      fc.record({ kind: fc.constant('death' as const), rule: fc.constantFrom('', 'a', 'b'), hash: fc.constantFrom('1', '2', '3') }),
      fc.record({ kind: fc.constant('pass' as const), rule: fc.constantFrom('', 'a', 'b'), hash: fc.constantFrom('1', '2', '3') }),
      fc.record({ kind: fc.constant('quiet' as const) }),
      fc.record({ kind: fc.constant('start' as const), rule: fc.constantFrom('a', 'b') }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        let l = emptyLedger;
        const deaths = new Map<string, number>();
        for (const e of events) {
          if (e.kind === 'quiet') {
            l = afterQuiet(l);
            for (const [k, n] of deaths) if (n < 2) deaths.delete(k);
          } else if (e.kind === 'start') l = released(l, e.rule);
          else {
            const key = `${e.rule}/${e.hash}`;
            if (verdictOf(l, e.rule, message(e.hash)) === 'condemned') continue; // it is not evaluated
            if (e.kind === 'death') {
              l = afterDeath(l, death(e.rule, e.hash));
              deaths.set(key, (deaths.get(key) ?? 0) + 1);
            } else {
              l = afterPass(l, e.rule, message(e.hash));
              deaths.delete(key);
            }
          }
          for (const [key, n] of deaths) {
            const [rule, hash] = key.split('/') as [string, string];
            expect(n).toBeLessThanOrEqual(2);
            expect(verdictOf(l, rule, message(hash))).toBe(n === 2 ? 'condemned' : 'suspect');
          }
        }
        expect(l.run.length).toBeLessThanOrEqual(3);
      }),
    );
    const many = Array.from({ length: 300 }, (_, i) => death('r', `h${i}`)).reduce(afterDeath, emptyLedger);
    expect(many.cases.length).toBe(200);
    expect(verdictOf(many, 'r', message('h299'))).toBe('suspect');
  });
});

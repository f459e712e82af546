// Requests on a serial line in virtual time: no value is ever filed under another instrument, whatever is late, lost, echoed or damaged.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import type { KeptPort } from '../../../src/connectors/port/index.ts';
import { Owed } from '../../../src/connectors/port/owed.ts';
import { createAnswers } from '../../../src/connectors/serial/answers.ts';
import type { Stray } from '../../../src/connectors/serial/conversation.ts';
import { columnsOfPattern, compileNamedGroups } from '../../../src/connectors/serial/decode/named-groups.ts';
import { framings } from '../../../src/connectors/serial/framing/index.ts';
import { createLineReader } from '../../../src/connectors/serial/line-reader.ts';
import { startPoller } from '../../../src/connectors/serial/poller.ts';
import { compileRequests } from '../../../src/connectors/serial/requests.ts';

const framing = framings.find((f) => f.name === 'delimiter')!;
const framingOptions = { delimiter: '\\n', maxFrameBytes: 4096 };

interface Behaviour {
  /** What the instrument sends for its n-th request and after how many ms; undefined: nothing. */
  answer(unit: string, n: number): { text: string; afterMs: number; rest?: { text: string; afterMs: number } } | undefined;
  echo?: boolean;
}

interface Setup extends Behaviour {
  units?: string[];
  pattern?: string;
  expect?: string;
  timeoutMs?: number;
  retries?: number;
  quietMs?: number;
  pollMs?: number;
}

/** Instruments 01, 02 … that are asked `#01?` and answer lines. */
function line({ units = ['01', '02'], pattern = '(?P<v__float>\\d+\\.?\\d*)$', expect, ...s }: Setup) {
  const clock = createVirtualClock();
  const rows: Record<string, unknown>[] = [];
  const strays: Stray[] = [];
  const failures: string[] = [];
  const asked: { unit: string; atMs: number }[] = [];
  const counts = new Map<string, number>();
  const decode = compileNamedGroups(pattern);
  const framer = framing.create(framingOptions, () => undefined);
  const answers = createAnswers(framing, framingOptions, decode, columnsOfPattern(pattern));
  const request = { name: 'read', send: '#{{.unit}}?', each: units.map((unit) => ({ unit })), ...(expect === undefined ? {} : { expect }) };
  const requests = compileRequests([request], framer);
  let talk: Promise<unknown> = Promise.resolve();
  const reader = createLineReader(clock, framer, (frame) => poller.frame(frame));
  const come = (text: string) => reader.data(Buffer.from(text));
  const port = {
    state: 'connected',
    owed: new Owed(),
    converse<T>(run: () => Promise<T>) {
      const next = talk.then(run, run);
      talk = next.catch(() => undefined);
      return next;
    },
    async write(bytes: Buffer) {
      const unit = /#(\d+)/.exec(bytes.toString())![1]!;
      asked.push({ unit, atMs: clock.monotonic() });
      const n = (counts.get(unit) ?? 0) + 1;
      counts.set(unit, n);
      if (s.echo) come(bytes.toString());
      const answer = s.answer(unit, n);
      if (answer) clock.setTimer(answer.afterMs, () => come(answer.text));
      const rest = answer?.rest;
      if (rest) clock.setTimer(rest.afterMs, () => come(rest.text));
    },
  } as unknown as KeptPort;
  const options = { pollMs: s.pollMs ?? 1000, timeoutMs: s.timeoutMs ?? 200, retries: s.retries ?? 0, quietMs: s.quietMs, turnaroundMs: 0 };
  const poller = startPoller(clock, port, reader, requests, answers, options, {
    answer: (frame, r) => void rows.push({ ...r.columns, ...decode(frame) }),
    failed: (r, reason) => void failures.push(`${String(r.columns['unit'])}: ${reason}`),
    stray: (what) => void strays.push(what),
  });
  return { clock, rows, strays, failures, asked, poller };
}

/** Unit 01 says 1.5, unit 02 says 2.5 …, so that a row whose value belongs to another is seen. */
const right = (row: Record<string, unknown>) => row['v'] === Number(row['unit']) + 0.5;
const say = (unit: string) => `#${unit}:${Number(unit)}.5\n`;

// @covers issue:19#1 @covers finding:field#2.1
describe('requests on a serial line', () => {
  it.each([
    ['a strict pattern', '^#\\d+:(?P<v__float>[0-9.]+)$'],
    ['a pattern that the echo fits too', '(?P<v__float>\\d+\\.?\\d*)'],
  ])('an adapter that echoes what is sent changes nothing: %s', async (_name, pattern) => {
    const strict = pattern.startsWith('^');
    const l = line({
      pattern,
      echo: true,
      answer: (unit) => ({ text: strict ? say(unit) : `${Number(unit)}.5\n`, afterMs: 50 }),
    });
    await l.clock.advance(5500);
    expect(l.rows.length).toBe(12);
    expect(l.rows.every(right)).toBe(true);
    expect(l.failures).toEqual([]);
    expect(new Set(l.strays)).toEqual(new Set(['echo']));
    l.poller.stop();
  });

  it('echo and answer in one frame are told apart', () => {
    const raw = framings.find((f) => f.name === 'gap')!;
    const options = { gapMs: 10, gap: 10, maxFrameBytes: 100 };
    const decode = compileNamedGroups('(?P<v__float>\\d+\\.?\\d*)');
    const [request] = compileRequests(
      [{ send: '#01?' }],
      raw.create(options, () => undefined),
    );
    const judgement = createAnswers(raw, options, decode, ['v']).judge(Buffer.from('#01?1.5'), request!);
    expect(judgement).toEqual({ kind: 'answer', frame: Buffer.from('1.5') });
  });

  it('after a time-out nobody else is asked before the late answer came, and it is counted as late', async () => {
    const l = line({ answer: (unit, n) => ({ text: say(unit), afterMs: unit === '01' && n === 1 ? 700 : 20 }) });
    await l.clock.advance(2500);
    expect(l.asked.slice(0, 2)).toEqual([
      { unit: '01', atMs: 0 },
      { unit: '02', atMs: 700 },
    ]);
    expect(l.strays).toEqual(['late']);
    expect(l.failures).toEqual(['01: no answer within 200 ms']);
    expect(l.rows.length).toBeGreaterThan(2);
    expect(l.rows.every(right)).toBe(true);
    l.poller.stop();
  });

  it('an answer that never comes holds the others up for the quiet time at the most, and the silent one is asked seldom', async () => {
    const l = line({ answer: (unit) => (unit === '01' ? undefined : { text: say(unit), afterMs: 20 }) });
    await l.clock.advance(300_000);
    expect(l.asked[1]).toEqual({ unit: '02', atMs: 5000 });
    const silent = l.asked.filter((a) => a.unit === '01').length;
    expect(silent).toBeGreaterThanOrEqual(4);
    expect(silent).toBeLessThanOrEqual(8);
    expect(l.rows.length).toBeGreaterThan(0.85 * 300);
    expect(l.rows.every(right)).toBe(true);
    l.poller.stop();
  });

  it('an instrument alone on its line is asked in each round, however long it was silent', async () => {
    let silent = true;
    const l = line({ units: ['01'], answer: (unit) => (silent ? undefined : { text: say(unit), afterMs: 20 }) });
    await l.clock.advance(60_500);
    expect(l.asked.length).toBeGreaterThanOrEqual(60);
    silent = false;
    await l.clock.advance(1500);
    expect(l.rows.length).toBeGreaterThanOrEqual(1);
    l.poller.stop();
  });

  it('with expect the next instrument is asked at once, and the late answer is not taken', async () => {
    const l = line({
      expect: '^#{{.unit}}:',
      answer: (unit, n) => ({ text: say(unit), afterMs: unit === '01' && n === 1 ? 210 : 50 }),
    });
    await l.clock.advance(900);
    expect(l.asked.map((a) => a.atMs)).toEqual([0, 200]);
    expect(l.rows).toEqual([{ request: 'read', unit: '02', v: 2.5 }]);
    expect(l.strays).toEqual(['foreign']);
    l.poller.stop();
  });

  it('a decoded column that is a member of each says whose answer it is', async () => {
    const l = line({
      pattern: '^#(?P<unit>\\d+):(?P<v__float>[0-9.]+)$',
      answer: (unit, n) => ({ text: say(unit), afterMs: unit === '01' && n === 1 ? 210 : 50 }),
    });
    await l.clock.advance(900);
    expect(l.asked.map((a) => a.atMs)).toEqual([0, 200]);
    expect(l.rows).toEqual([{ request: 'read', unit: '02', v: 2.5 }]);
    l.poller.stop();
  });

  it('a frame that does not decode is not an answer: the right one after it is taken', async () => {
    const l = line({ answer: (unit) => ({ text: `garbage\n${say(unit)}`, afterMs: 20 }), pattern: '^#\\d+:(?P<v__float>[0-9.]+)$' });
    await l.clock.advance(500);
    expect(l.rows.map((r) => r['v'])).toEqual([1.5, 2.5]);
    expect(l.strays).toEqual(['undecodable', 'undecodable']);
    l.poller.stop();
  });

  it('an answer that has begun when its time is over is waited for, so that its rest is not taken for an answer', async () => {
    const l = line({
      units: ['01'],
      pollMs: 60_000,
      retries: 1,
      pattern: '(?P<v__float>\\d+\\.\\d+)$',
      // without the wait the second half alone would be read as 2.5
      answer: (_unit, n) => (n === 1 ? { text: '#01:1', afterMs: 190, rest: { text: '2.5\n', afterMs: 230 } } : undefined),
    });
    await l.clock.advance(1000);
    expect(l.rows).toEqual([{ request: 'read', unit: '01', v: 12.5 }]);
    expect(l.asked).toHaveLength(1);
    l.poller.stop();
  });

  it('reports an instrument that does not answer by name, and forgets it when it answers', async () => {
    let silent = true;
    const l = line({ answer: (unit) => (unit === '01' && silent ? undefined : { text: say(unit), afterMs: 20 }), quietMs: 300 });
    await l.clock.advance(4050);
    const [one, two] = l.poller.devices('/dev/ttyS1');
    expect(one).toMatchObject({ name: 'read unit=01', state: 'silent', lastReplyAtMs: 0, points: { good: 0, bad: 1 } });
    expect(one!.problem).toMatch(
      /^Instrument read unit=01 \(\/dev\/ttyS1\) has not answered for \d s: no answer within 200 ms\. (?:It is asked again in \d s\. )?Check its power, its wiring, its address, and the settings of the line\.$/,
    );
    expect(two).toMatchObject({ name: 'read unit=02', state: 'answering', replyMs: 20, problem: '', points: { good: 1, bad: 0 } });
    silent = false;
    await l.clock.advance(5000);
    expect(l.poller.devices('/dev/ttyS1')[0]).toMatchObject({ state: 'answering', problem: '', failingMs: 0, nextTryMs: 0 });
    l.poller.stop();
  });

  it('0 rows under another instrument: any mix of delays up to the quiet time, losses, doubles, echoes and retries', async () => {
    const step = fc.record({ lost: fc.boolean(), afterMs: fc.integer({ min: 1, max: 4900 }), quick: fc.boolean() });
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 4, maxLength: 30 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 0, max: 2 }),
        fc.boolean(),
        async (steps, count, retries, echo) => {
          let i = 0;
          const l = line({
            units: ['01', '02', '03', '04'].slice(0, count),
            pattern: '^(?:#\\d+:)?(?P<v__float>\\d+\\.\\d+)$',
            retries,
            echo,
            answer(unit) {
              const s = steps[i++ % steps.length]!;
              return s.lost ? undefined : { text: say(unit), afterMs: s.quick ? (s.afterMs % 150) + 1 : s.afterMs };
            },
          });
          await l.clock.advance(60_000);
          rows += l.rows.length;
          expect(l.rows.filter((r) => !right(r))).toEqual([]);
          l.poller.stop();
        },
      ),
      { numRuns: 150 },
    );
    expect(rows).toBeGreaterThan(1000);
  });

  it('with expect: 0 rows under another instrument whatever the delay', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 4, maxLength: 20 }), async (delays) => {
        let i = 0;
        const l = line({
          expect: '^#{{.unit}}:',
          retries: 1,
          quietMs: 0,
          answer: (unit) => ({ text: say(unit), afterMs: delays[i++ % delays.length]! }),
        });
        await l.clock.advance(120_000);
        expect(l.rows.filter((r) => !right(r))).toEqual([]);
        l.poller.stop();
      }),
      { numRuns: 60 },
    );
  });
});

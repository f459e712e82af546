// The proofs of the public bench: every job says so when a result is missing, there twice, or should not be there.
import { describe, expect, it } from 'vitest';
import { proofByCount, proofById, type Row } from '../../../bench/public/job.ts';
import { jobNamed, jobs } from '../../../bench/public/jobs/index.ts';

const COUNT = 200;
const FROM = 2000;
const payload = (name: string, i: number) => JSON.parse(jobNamed(name).message(i).payload) as Record<string, unknown>;

describe('a proof by numbers', () => {
  const proof = proofById((i) => i % 2 === 0, 2);
  const right: Row[] = [4, 4, 6, 6].map((id) => ({ id }));

  // @covers issue:24#8
  it('is whole when each message that passes came as often as it must', () => {
    expect(proof(right, 4, 4)).toEqual({ expected: 4, delivered: 4, wrong: 0 });
  });

  it('misses what did not come', () => {
    expect(proof(right.slice(1), 4, 4)).toEqual({ expected: 4, delivered: 3, wrong: 0 });
  });

  it('counts what came too often, did not pass, is of another repetition or has no number', () => {
    for (const id of [4, 5, 8, 2, 'x', undefined]) expect(proof([...right, { id }], 4, 4)).toEqual({ expected: 4, delivered: 4, wrong: 1 });
  });
});

describe('a proof by counts of windows', () => {
  const proof = proofByCount((i) => `dev${i % 2}`, 2);
  const row = (device: string, n: number): Row => ({ device, n });

  it('is whole when the counts make the number of messages, and every device is there', () => {
    expect(proof([row('dev0', 3), row('dev0', 1), row('dev1', 4)], 0, 4)).toEqual({ expected: 8, delivered: 8, wrong: 0 });
  });

  it('says what is missing, what is too much, and which device is not there', () => {
    expect(proof([row('dev0', 4), row('dev1', 3)], 0, 4)).toEqual({ expected: 8, delivered: 7, wrong: 0 });
    expect(proof([row('dev0', 4), row('dev1', 6)], 0, 4)).toEqual({ expected: 8, delivered: 8, wrong: 2 });
    expect(proof([row('dev0', 8)], 0, 4)).toEqual({ expected: 8, delivered: 8, wrong: 1 });
  });
});

describe('the jobs', () => {
  it.each(jobs.map((j) => [j.name, j] as const))(
    '%s has messages on topics that its streams read, and is not proved by nothing',
    (_, job) => {
      for (let i = FROM; i < FROM + 20; i++) {
        const { topic, payload: text } = job.message(i);
        expect(text.length).toBeGreaterThan(0);
        if (!job.name.startsWith('nexmark')) expect(job.streams.some((s) => matches(s.topic, topic))).toBe(true);
      }
      const { expected, delivered } = job.proof([], FROM, COUNT);
      expect(expected).toBeGreaterThan(0);
      expect(delivered).toBe(0);
    },
  );

  // Statements are given to eKuiper and rekuiper as well, so the right answer is computed here without SQL.
  it.each<[string, (row: any) => boolean, number?]>([
    ['filter-mqtt', (r: any) => r.temperature > 50],
    ['w1', (r: any) => r.temp > 21],
    ['nexmark-q2', (r: any) => 'bidder' in r && r.auction % 123 === 0],
    ['riot-etl', (r: any) => r.temperature === undefined || r.temperature < 100],
    ['wide-4000', (r: any) => r.c5 > 500, 30],
  ])('%s expects exactly the messages that its condition takes', (name, passes, count = COUNT) => {
    const job = jobNamed(name);
    const rows = Array.from({ length: count }, (_, k) => payload(name, FROM + k)).filter(passes) as Row[];
    expect(rows.length).toBeGreaterThan(0);
    expect(job.proof(rows, FROM, count)).toEqual({ expected: rows.length, delivered: rows.length, wrong: 0 });
  });

  it('have as many results a message as they say', () => {
    const { rules, proof } = jobNamed('rules-2000-10');
    const device = payload('rules-2000-10', FROM)['device'] as string;
    expect(rules.filter((r) => r.sql.endsWith(`device = "${device}"`))).toHaveLength(10);
    expect(proof([], FROM, 7).expected).toBe(70);
  });

  it('are refused by name when there is none', () => {
    expect(() => jobNamed('w9')).toThrow(/no job "w9"; there are: filter-mqtt, /);
  });
});

function matches(filter: string, topic: string): boolean {
  return new RegExp(`^${filter.replaceAll('+', '[^/]+')}$`).test(topic);
}

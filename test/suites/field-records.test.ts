// The records of the long rounds with faults on Modbus lines (scripts/modbus-campaign.ts) and of serial requests
// (scripts/serial-campaign.ts): they are whole, not older than a quarter of a year at the last commit, and
// no value in them belongs to another unit or point. The rounds are too long for this suite; what they found is not.
import { describe, expect, it } from 'vitest';
import { expectOfLate, readRecord } from '../helpers/campaign-record.ts';

interface Head {
  at: string;
  commit: string;
  node: string;
  seed: number;
  versions: Record<string, string>;
}

function isOfLate({ at, commit, node, seed, versions }: Head, programs: readonly string[]): void {
  expectOfLate({ at, commits: [commit], node });
  expect(Number.isInteger(seed)).toBe(true);
  expect(Object.keys(versions).sort()).toEqual(programs);
  for (const version of Object.values(versions)) expect(version).toMatch(/\d+\.\d+/);
}

interface Round {
  peer: string;
  round: string;
  wrong: number;
}

describe('long rounds with faults', () => {
  // @covers issue:19#1
  it('100,000 Modbus transactions with each peer: no value of another unit or point, none of a unit that is not there', () => {
    const record = readRecord('modbus.json') as Head & {
      results: (Round & { good: number; invented: number; failed: number; spoilt: number; rounds: number; maxMs: number })[];
    };
    isOfLate(record, ['libmodbus', 'pymodbus']);
    const faults = record.results.filter((r) => r.round.startsWith('faults'));
    expect(faults.map((r) => `${r.peer} ${r.round}`)).toEqual([
      'pymodbus faults tcp',
      'pymodbus faults rtu',
      'libmodbus faults tcp',
      'libmodbus faults rtu',
    ]);
    for (const r of faults) {
      expect(r, `${r.peer}, ${r.round}`).toMatchObject({ wrong: 0, invented: 0 });
      expect(r.good).toBeGreaterThanOrEqual(50_000);
      // and there were faults
      expect(r.spoilt).toBeGreaterThan(1000);
      expect(r.failed).toBeGreaterThan(0);
    }
    // a server that is killed and an adapter that is pulled out are read again within 3 s
    for (const peer of ['pymodbus', 'libmodbus'])
      for (const round of ['server killed', 'adapter unplugged']) {
        const r = record.results.find((one) => one.peer === peer && one.round === round)!;
        expect(r, `${peer}, ${round}`).toMatchObject({ wrong: 0 });
        expect(r.rounds).toBeGreaterThanOrEqual(20);
        expect(r.maxMs).toBeLessThanOrEqual(3000);
      }
  });

  // @covers issue:19#1
  it('100,000 serial requests to eight instruments: no value of another instrument or quantity, whether answers tell whose they are or not', () => {
    const record = readRecord('serial.json') as Head & {
      results: Record<string, { good: number; wrong: number; timeouts: number; strays: number; faults: Record<string, number> }>;
    };
    isOfLate(record, ['python', 'socat']);
    expect(Object.keys(record.results)).toEqual(['plain', 'named', 'binary']);
    for (const [dialect, r] of Object.entries(record.results)) {
      expect(r.wrong, dialect).toBe(0);
      expect(r.good).toBeGreaterThan(33_333);
      expect(r.faults['late']).toBeGreaterThan(100);
      expect(r.timeouts).toBeGreaterThan(100);
      // late answers came while others were asked, and were taken for nobody's
      expect(r.strays).toBeGreaterThan(100);
    }
    expect(record.results['plain']!.faults['echoes']).toBeGreaterThan(33_333);
  });
});

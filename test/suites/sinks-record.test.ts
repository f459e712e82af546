// The record of the campaign in which servers of actions are killed under load (scripts/sinks-campaign.ts): every action that the script tries stands in it, with
// all kills and without a loss. Campaigns are too long for this suite; what they found is not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

interface Trial {
  kills: number;
  sent: number;
  lost: number;
  doubled: number;
  parked: number;
}

const record = JSON.parse(readFileSync(join(import.meta.dirname, '../../bench/results/sinks.json'), 'utf8')) as {
  at: string;
  node: string;
  seed: number;
  versions: Record<string, string>;
  results: Record<string, Trial>;
};
/** Actions in which a row replaces itself or is known again by its id. */
const once = ['influx', 'postgres', 'mariadb', 'nats'];

// @covers issue:22#kills
it('no action lost a row while its server was killed twenty times under load', () => {
  expect(Object.keys(record.results).sort()).toEqual(
    expect.arrayContaining(['amqp', 'influx', 'kafka', 'mariadb', 'nats', 'postgres', 'redis']),
  );
  for (const [name, r] of Object.entries(record.results)) {
    expect(r, name).toMatchObject({ kills: 20, lost: 0, parked: 0 });
    expect(r.sent, name).toBeGreaterThan(10_000);
    if (once.includes(name)) expect(r.doubled, name).toBe(0);
  }
  expect(record).toMatchObject({ seed: expect.any(Number), node: expect.stringMatching(/^v/) });
  expect(Object.keys(record.versions).length).toBeGreaterThan(5);
});

// W1 to W5, the workloads of industry that rekuiper publishes: statements, numbers of devices and proofs as described there; the data is made here.
import { type Job, proofByCount, proofById } from '../job.ts';

const telemetry = (i: number, device: string): string =>
  JSON.stringify({
    id: i,
    device,
    // 139 of 150 are above 21
    temp: i % 150 < 11 ? 20 + (i % 11) / 11 : 21.1 + (i % 150) / 10,
    speed: (i * 13) % 120,
  });
const device = (i: number, devices: number, name: string) => `${name}${(i * 7919) % devices}`;
const W = { seconds: 5, sink: 'file' as const };

/** @param topicOf its topic; the devices of W2 share one */
function windows(
  name: string,
  doc: string,
  devices: number,
  prefix: string,
  topic: [string, (device: string) => string],
  select: string,
  window: string,
): Job {
  const keyOf = (i: number) => device(i, devices, prefix);
  return {
    ...W,
    name,
    doc,
    drainSeconds: 14,
    streams: [{ name: 'telem', topic: topic[0] }],
    rules: [{ id: name, sql: `SELECT device, count(*) AS n, ${select} FROM telem GROUP BY device, ${window}` }],
    message: (i) => ({ topic: topic[1](keyOf(i)), payload: telemetry(i, keyOf(i)) }),
    proof: proofByCount(keyOf),
  };
}

const ESPHOME = 10_000;
export const iiotJobs: readonly Job[] = [
  {
    ...W,
    name: 'w1',
    doc: 'W1: telemetry of 1,000 devices, filter and arithmetic → file',
    drainSeconds: 0,
    streams: [{ name: 'telem', topic: 'telemetry' }],
    rules: [{ id: 'w1', sql: 'SELECT id, device, temp, speed * 3.6 AS speed_kmh FROM telem WHERE temp > 21.0' }],
    message: (i) => ({ topic: 'telemetry', payload: telemetry(i, device(i, 1000, 'dev')) }),
    proof: proofById((i) => i % 150 >= 11),
  },
  windows(
    'w2',
    'W2: windows of 10 s over 1,000 devices → file',
    1000,
    'dev',
    ['telemetry', () => 'telemetry'],
    'avg(temp) AS t, max(speed) AS s',
    'TUMBLINGWINDOW(ss, 10)',
  ),
  {
    ...W,
    name: 'w3',
    doc: 'W3: texts on 10,000 topics of ESPHome → file',
    drainSeconds: 0,
    streams: [{ name: 'telem', topic: 'esphome/+/sensor/temperature/state', format: 'binary' }],
    rules: [{ id: 'w3', sql: 'SELECT meta(topic) AS topic, self AS state FROM telem' }],
    message: (i) => ({ topic: `esphome/node${(i * 7919) % ESPHOME}/sensor/temperature/state`, payload: String(20 + (i % 100) / 10) }),
    // nothing in the row says which message it was: rows are counted, and each topic must be there
    proof(rows, from, count) {
      const missing = new Set<string>();
      for (let i = from; i < from + count; i++) missing.add(`node${(i * 7919) % ESPHOME}`);
      for (const row of rows) missing.delete(String(row['topic']).split('/').at(-4) ?? '');
      return { expected: count, delivered: Math.min(rows.length, count), wrong: Math.max(0, rows.length - count) + missing.size };
    },
  },
  windows(
    'w4',
    'W4: windows of 10 s over 10,000 vehicles, a topic each → file',
    10_000,
    'vin',
    ['vehicles/+/telemetry', (d) => `vehicles/${d}/telemetry`],
    'avg(speed) AS s, max(temp) AS t',
    'TUMBLINGWINDOW(ss, 10)',
  ),
  windows(
    'w5',
    'W5: sessions of 2,000 chargers, a topic each → file',
    2000,
    'ev',
    ['chargers/+/session', (d) => `chargers/${d}/session`],
    'max(speed) AS s',
    'SESSIONWINDOW(ss, 10, 2)',
  ),
];

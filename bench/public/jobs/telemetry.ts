// One rule: filter to MQTT, filter to a file, latency; the rates that sites have; rules in numbers; wide rows.
import { type Job, proofById } from '../job.ts';

const DEVICES = 200;
const telemetry = (i: number): Record<string, unknown> => ({
  id: i,
  device: `dev${i % DEVICES}`,
  temperature: 20 + ((i * 7) % 600) / 10,
  humidity: 40 + (i % 50),
  status: 'ok',
});
const warm = (i: number) => Number(telemetry(i)['temperature']) > 50;
const sensors = { name: 'sensors', topic: 'telemetry' };
const common = {
  seconds: 5,
  drainSeconds: 0,
  streams: [sensors],
  message: (i: number) => ({ topic: 'telemetry', payload: JSON.stringify(telemetry(i)) }),
};

function filter(name: string, sink: Job['sink'], rate: number | undefined): Job {
  return {
    ...common,
    name,
    doc: `MQTT → SELECT * … WHERE temperature > 50 → ${sink === 'mqtt' ? 'MQTT' : 'file'}${rate ? `, ${rate} msg/s` : ''}`,
    ...(rate ? { rate } : {}),
    rules: [{ id: 'filter', sql: 'SELECT * FROM sensors WHERE temperature > 50' }],
    sink,
    plain: { field: 'temperature', above: 50 },
    proof: proofById(warm),
  };
}

const TEN = 10;
function tenRules(rate: number): Job {
  return {
    ...common,
    name: `ten-rules-${rate}`,
    doc: `ten rules over one shared stream → MQTT, ${rate} msg/s`,
    rate,
    seconds: 15,
    streams: [sensors],
    rules: Array.from({ length: TEN }, (_, k) => ({
      id: `r${k}`,
      sql: `SELECT id, temperature, ${k} AS rule FROM sensors WHERE temperature > 50`,
    })),
    sink: 'mqtt',
    proof: proofById(warm, TEN),
  };
}

/** @param results rules that a message passes */
function manyRules(rules: number, results: number, rate: number): Job {
  const devices = rules / results;
  return {
    ...common,
    name: `rules-${rules}-${results}`,
    doc: `${rules} rules with predicates of their own, ${results} ${results === 1 ? 'result' : 'results'} a message → MQTT, ${rate} msg/s`,
    rate,
    rules: Array.from({ length: rules }, (_, k) => ({
      id: `r${k}`,
      sql: `SELECT id, device, temperature FROM sensors WHERE temperature > ${k % 10} AND device = "dev${k % devices}"`,
    })),
    sink: 'mqtt',
    message: (i) => ({ topic: 'telemetry', payload: JSON.stringify({ ...telemetry(i), device: `dev${i % devices}` }) }),
    proof: proofById(() => true, results),
  };
}

function wide(columns: number): Job {
  return {
    ...common,
    name: `wide-${columns}`,
    doc: `${columns} declared columns, three read, 50 msg/s → MQTT`,
    rate: 50,
    streams: [{ ...sensors, columns: `id BIGINT, ${Array.from({ length: columns - 1 }, (_, c) => `c${c} BIGINT`).join(', ')}` }],
    rules: [{ id: 'wide', sql: `SELECT id, c1, c${columns >> 1}, c${columns - 2} FROM sensors WHERE c5 > 500` }],
    sink: 'mqtt',
    message(i) {
      const row: Record<string, number> = { id: i };
      for (let c = 0; c < columns - 1; c++) row[`c${c}`] = (i * 37 + c) % 1000;
      return { topic: 'telemetry', payload: JSON.stringify(row) };
    },
    proof: proofById((i) => (i * 37 + 5) % 1000 > 500),
  };
}

export const telemetryJobs: readonly Job[] = [
  filter('filter-mqtt', 'mqtt', undefined),
  filter('filter-mqtt-1000', 'mqtt', 1000),
  filter('filter-file', 'file', undefined),
  filter('filter-file-5000', 'file', 5000),
  {
    ...common,
    name: 'latency',
    doc: 'time from sending to arrival, 1,000 msg/s, MQTT → rule → MQTT',
    rate: 1000,
    rules: [{ id: 'latency', sql: 'SELECT id, at FROM sensors WHERE temperature > 0' }],
    sink: 'mqtt',
    plain: { field: 'temperature', above: 0 },
    latency: true,
    message: (i) => ({ topic: 'telemetry', payload: JSON.stringify({ ...telemetry(i), at: performance.timeOrigin + performance.now() }) }),
    proof: proofById(() => true),
  },
  tenRules(10),
  tenRules(100),
  manyRules(300, 1, 1000),
  manyRules(2000, 1, 1000),
  manyRules(2000, 10, 1000),
  wide(4000),
  wide(15_000),
];

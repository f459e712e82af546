// Power cuts of the device's MQTT listener: sensors at 50 messages a second in four states of the gateway, a disk that keeps or loses each sector that
// no sync has confirmed, and the question which of the answered messages are there afterwards. `make campaign` runs it; the record is committed.
//   node scripts/ingress-campaign.ts [--cuts 100] [--seed 1] [--break] (--break: without the sync; must find losses)
import { writeFileSync } from 'node:fs';
import { arch, cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { MqttClient } from 'mqtt';
import { CutDisk, client, end, gateway, listen } from '../test/ingress/kit.ts';

const { values } = parseArgs({
  options: { cuts: { type: 'string' }, seed: { type: 'string' }, break: { type: 'boolean' }, out: { type: 'string' } },
});
const cuts = Number(values.cuts ?? 100);
const seed = Number(values.seed ?? 1);
const EVERY_MS = 20;

/** mulberry32 */
function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const STATES = ['stopped', 'slow', 'away', 'running'] as const;
type State = (typeof STATES)[number];

interface Result {
  sent: number;
  answered: number;
  lost: number;
  again: number;
  answerMs: number[];
  writtenBytes: number;
  syncs: number;
  payloadBytes: number;
}

async function oneCut(state: State, random: () => number): Promise<Result> {
  const disk = new CutDisk();
  disk.skipSync = values.break === true;
  const made = await listen(disk);
  const confirmed = new Set<string>();
  let line = Promise.resolve();
  const confirm = (): Promise<void> | undefined => {
    if (state === 'running') return undefined;
    if (state === 'away') return new Promise<void>(() => undefined);
    line = line.then(() => sleep(100));
    return line;
  };
  const first = await gateway(made.port, confirm);
  if (state === 'stopped') await end(first.client);
  const sensor = await client(made.port);
  sensor.on('error', () => undefined);
  const answered = new Set<string>();
  const answerMs: number[] = [];
  let sent = 0;
  let payloadBytes = 0;
  const untilMs = performance.now() + 300 + random() * 1200;
  for (let nextMs = performance.now(); performance.now() < untilMs; nextMs += EVERY_MS) {
    await sleep(Math.max(0, nextMs - performance.now()));
    const payload = JSON.stringify({ id: `m${sent++}`, device: 'press-7', temperature: Math.round(random() * 1000) / 10 });
    payloadBytes += payload.length;
    const startMs = performance.now();
    sensor.publish('sensors/press-7', payload, { qos: 1 }, (error) => {
      if (error) return;
      answered.add(payload);
      answerMs.push(performance.now() - startMs);
    });
  }
  // the cut: what was answered and what the gateway had confirmed until now counts
  const image = disk.cut(random);
  const before = new Set(answered);
  for (const text of first.got) confirmed.add(text);
  const { journal } = made.listener.figures;
  await end(sensor);
  await end(first.client);
  await made.listener.stop();

  const after = await listen(image);
  const second = await gateway(after.port);
  for (let i = 0; i < 300 && after.listener.figures.waiting > 0; i++) await sleep(10);
  const there = new Set(second.got);
  const lost = [...before].filter((text) => !there.has(text) && !confirmed.has(text)).length;
  const again = second.got.filter((text) => confirmed.has(text)).length;
  await end(second.client as MqttClient);
  await after.listener.stop();
  disk.remove();
  image.remove();
  return { sent, answered: before.size, lost, again, answerMs, writtenBytes: journal.writtenBytes, syncs: journal.syncs, payloadBytes };
}

const record: Record<string, unknown> = {
  what: 'power cuts of the MQTT listener at 50 messages a second, sectors without a sync kept or lost at random',
  seed,
  cuts,
  node: process.version,
  machine: `${arch()}, ${cpus().length} cores, ${release()}`,
};
let allLost = 0;
for (const state of STATES) {
  const random = randomOf(seed * 1000 + STATES.indexOf(state));
  const results: Result[] = [];
  for (let i = 0; i < cuts; i++) results.push(await oneCut(state, random));
  const sum = (pick: (r: Result) => number) => results.reduce((n, r) => n + pick(r), 0);
  const times = results.flatMap((r) => r.answerMs).sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  const lost = sum((r) => r.lost);
  allLost += lost;
  record[state] = {
    sent: sum((r) => r.sent),
    answered: sum((r) => r.answered),
    lost,
    deliveredAgain: sum((r) => r.again),
    answerMs: { p50: at(0.5), p99: at(0.99) },
    payloadBytes: sum((r) => r.payloadBytes),
    journalBytes: sum((r) => r.writtenBytes),
    syncs: sum((r) => r.syncs),
  };
  process.stdout.write(`${state}: ${JSON.stringify(record[state])}\n`);
}
if (values.break) {
  process.stdout.write(
    allLost > 0 ? `without the sync ${allLost} messages are lost, as it must be\n` : 'the campaign does not see a missing sync\n',
  );
  process.exit(allLost > 0 ? 0 : 1);
}
const file = values.out ?? join(import.meta.dirname, '../bench/results/ingress-cuts.json');
writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
process.exit(allLost === 0 ? 0 : 1);

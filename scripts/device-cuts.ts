// Power cuts of the data partition of a device with everything on it: the real MQTT listener and the real gateway as processes on an ext4 of their own,
// sensors at 50 messages a second, rules into a file, a slow, an absent and a refusing sink (dead letters). A cut freezes both processes and takes the disk as it is
// below the file system at that moment: what no sync has brought there is lost. Then e2fsck, both start again on it, and every message that a sensor had an answer
// for must be in the result. As root (loop mounts). `make campaign` runs it; the record is committed.
//   node scripts/device-cuts.ts [--cuts 100] [--states running,stopped,slow,away,refused] [--break] (--break: without the sync of the file sink; must find losses)
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, loadavg, release } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Device, PATIENCE_MS, Peer, sleep } from '../test/helpers/device-on-disk.ts';
import { freePort } from '../test/helpers/free-port.ts';
import { client, end } from '../test/ingress/kit.ts';

const { values } = parseArgs({
  options: {
    cuts: { type: 'string' },
    states: { type: 'string' },
    break: { type: 'boolean' },
    out: { type: 'string' },
    'phase-ms': { type: 'string' },
  },
});
const STATES = ['running', 'stopped', 'slow', 'away', 'refused'] as const;
type State = (typeof STATES)[number];
const cuts = Number(values.cuts ?? 100);
const phaseMs = Number(values['phase-ms'] ?? 2000);
const EVERY_MS = 20;
const repo = resolve(import.meta.dirname, '..');

interface Totals {
  sent: number;
  answered: number;
  lost: string[];
  repeated: number;
  toReadyMs: number[];
}

const FILE = { fileType: 'lines', append: true, sendSingle: true, ...(values.break ? { sync: 'system' } : {}) };
const actionsOf = (state: State, port: number): object[] => {
  if (state === 'running' || state === 'stopped') return [{ file: { path: 'data/results/out.jsonl', ...FILE } }];
  const rest = { rest: { url: `http://127.0.0.1:${port}/`, method: 'post', bodyType: 'json', sendSingle: true, timeout: '5s' } };
  return state === 'refused' ? [rest, { file: { path: 'data/results/dead.jsonl', ...FILE, deadLetter: true } }] : [rest];
};

async function run(state: State): Promise<Totals> {
  const totals: Totals = { sent: 0, answered: 0, lost: [], repeated: 0, toReadyMs: [] };
  const device = new Device();
  const peer = new Peer(await freePort());
  peer.delayMs = state === 'slow' ? 100 : 0;
  peer.refuse = state === 'refused';
  const seen = (): string[] => {
    if (state === 'running' || state === 'stopped') return device.result('out.jsonl');
    return state === 'refused' ? device.result('dead.jsonl') : peer.taken;
  };
  try {
    device.make();
    await device.startListener();
    await device.startGateway();
    await device.rule(actionsOf(state, peer.port));
    for (let n = 0; n < cuts; n++) {
      if (state !== 'away') await peer.open();
      if (state === 'stopped') await device.stopGateway();
      const answered = new Set<string>();
      const sensor = await client(device.mqttPort);
      sensor.on('error', () => undefined);
      const untilMs = performance.now() + phaseMs * (0.3 + Math.random() * 0.7);
      for (let nextMs = performance.now(), i = 0; performance.now() < untilMs; nextMs += EVERY_MS, i++) {
        await sleep(Math.max(0, nextMs - performance.now()));
        const id = `m${n}-${i}`;
        totals.sent++;
        sensor.publish('sensors/press', JSON.stringify({ id, temperature: 71.5, device: 'press-7' }), { qos: 1 }, (error) => {
          if (!error) answered.add(id);
        });
      }
      let before = new Set<string>();
      await device.cut(() => (before = new Set(answered)));
      await end(sensor);
      totals.answered += before.size;
      await peer.open();
      await device.startListener();
      totals.toReadyMs.push(await device.startGateway());
      let there = new Set(seen());
      for (const limitMs = performance.now() + (values.break ? 20_000 : PATIENCE_MS); performance.now() < limitMs; await sleep(250)) {
        there = new Set(seen());
        if ([...before].every((id) => there.has(id))) break;
      }
      const lost = [...before].filter((id) => !there.has(id));
      totals.lost.push(...lost);
      if (lost.length > 0)
        process.stdout.write(`${state}, cut ${n}: ${lost.length} of ${before.size} lost, e.g. ${lost.slice(0, 3).join()}\n`);
      if (state === 'away') await peer.close();
    }
    const all = seen();
    totals.repeated = all.length - new Set(all).size;
    return totals;
  } finally {
    await peer.close();
    if (totals.lost.length === 0 || values.break) await device.remove();
  }
}

const file = values.out ?? join(repo, 'bench/results/device-cuts.json');
// states that are not run again keep what they had
const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>) : {};
const record: Record<string, unknown> = {
  ...before,
  what: 'power cuts of the data partition with the real listener and the real gateway on it, sensors at 50 messages a second',
  at: new Date().toISOString().slice(0, 10),
  node: process.version,
  machine: `${arch()}, ${cpus().length} cores, ${release()}`,
};
let allLost = 0;
for (const state of STATES.filter((s) => values.states === undefined || values.states.split(',').includes(s))) {
  const { sent, answered, lost, repeated, toReadyMs } = await run(state);
  allLost += lost.length;
  const middle = toReadyMs.toSorted((a, b) => a - b)[Math.floor(toReadyMs.length / 2)] ?? 0;
  record[state] = { cuts, sent, answered, lost: lost.length, repeated, readyAgainMs: Math.round(middle), load: Math.round(loadavg()[0]!) };
  process.stdout.write(`${state}: ${JSON.stringify(record[state])}\n`);
  if (!values.break) writeFileSync(file, `${JSON.stringify(record, null, 2)}\n`);
}
if (values.break) {
  process.stdout.write(
    allLost > 0 ? `without the sync ${allLost} messages are lost, as it must be\n` : 'the campaign does not see a missing sync\n',
  );
  process.exit(allLost > 0 ? 0 : 1);
}
process.exit(allLost === 0 ? 0 : 1);

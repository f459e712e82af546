// One job, every peer that has it, interleaved: repetition by repetition each of them gets the same load on its own topic. What a repetition
// costs is the CPU time of the peer's process, its threads included, from the first message to the last result.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cpuUs, percentile, rssBytes } from '../measure.ts';
import type { Job, Row, Verdict } from './job.ts';
import { type Peer, type Started, scratch } from './peers/peer.ts';

export interface Repetition extends Verdict {
  /** CPU of the process a message, µs. */
  readonly us: number;
  /** From the last message sent to the last result. */
  readonly lateMs: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
}

export interface Measured {
  readonly peer: string;
  readonly runs: Repetition[];
  rssMB: number;
  /** Why it was not measured, or stopped being so. */
  left?: string;
}

export interface JobResult {
  readonly job: string;
  readonly doc: string;
  readonly rate: number;
  readonly count: number;
  readonly peers: readonly Measured[];
}

export interface MeasureOptions {
  readonly runs: number;
  readonly rate: number;
  /** Shortens every job, for a trial. */
  readonly seconds?: number;
}

type Arrived = [text: string, atMs: number][];

interface Bench {
  readonly peer: Peer;
  readonly measured: Measured;
  readonly prefix: string;
  readonly started: Started;
  readonly collector: ChildProcess | undefined;
  next: number;
  /** Of the file of results. */
  readBytes: number;
}

const SETTLE_MS = 3000;
/** Nothing came for so long: what is missing does not come any more. */
const QUIET_MS = 3000;
const LOOK_MS = 100;
const WARM_SHARE = 0.5;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param say takes lines for the person who waits */
export async function measureJob(
  job: Job,
  peers: readonly Peer[],
  brokerPort: number,
  options: MeasureOptions,
  say: (line: string) => void,
): Promise<JobResult> {
  const rate = job.rate ?? options.rate;
  const count = Math.max(1, Math.round(rate * (options.seconds ?? job.seconds)));
  const all: Measured[] = [];
  const benches: Bench[] = [];
  try {
    for (const peer of peers) {
      const measured: Measured = { peer: peer.name, runs: [], rssMB: 0 };
      all.push(measured);
      const lack = peer.lacks(job);
      if (lack === undefined) await begin(job, peer, measured, brokerPort, benches);
      else measured.left = lack;
      if (measured.left) say(`${peer.name}: ${measured.left.split('\n')[0]}`);
    }
    await pause(SETTLE_MS);
    for (const b of benches) await repetition(job, b, brokerPort, Math.ceil(count * WARM_SHARE), rate);
    for (let run = 0; run < options.runs; run++)
      for (const b of benches) {
        const one = await repetition(job, b, brokerPort, count, rate);
        b.measured.runs.push(one);
        b.measured.rssMB = Math.max(b.measured.rssMB, rssBytes(b.started.pid) / 1e6);
        say(`${b.peer.name}: ${one.us.toFixed(1)} µs, ${one.delivered} of ${one.expected}${one.wrong ? `, ${one.wrong} wrong` : ''}`);
      }
  } finally {
    for (const b of benches) {
      b.collector?.kill();
      await b.started.stop();
    }
  }
  return { job: job.name, doc: job.doc, rate, count, peers: all };
}

async function begin(job: Job, peer: Peer, measured: Measured, brokerPort: number, benches: Bench[]): Promise<void> {
  const key = peer.name.replaceAll(/\W/g, '');
  const prefix = `bench/${key}`;
  const out = `results/${key}`;
  const folder = scratch();
  let collector: ChildProcess | undefined;
  try {
    const started = await peer.start(job, { brokerPort, prefix, out, folder });
    if (job.sink === 'mqtt') {
      collector = fork('bench/public/collect.ts', [String(brokerPort), out], { serialization: 'advanced' });
      await once(collector, 'message');
    }
    benches.push({ peer, measured, prefix, started, collector, next: 0, readBytes: 0 });
  } catch (error) {
    collector?.kill();
    rmSync(folder, { recursive: true, force: true });
    measured.left = `could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function repetition(job: Job, b: Bench, brokerPort: number, count: number, rate: number): Promise<Repetition> {
  const from = b.next;
  b.next += count;
  const before = cpuUs(b.started.pid);
  const endedAt = await load(job, b.prefix, brokerPort, from, count, rate);
  const drained = endedAt + job.drainSeconds * 1000;
  const arrived: Arrived = [];
  let verdict = job.proof([], from, count);
  let lastAt = endedAt;
  while (verdict.delivered < verdict.expected && Date.now() < Math.max(lastAt, drained) + QUIET_MS) {
    await pause(LOOK_MS);
    const more = b.collector ? await ask<Arrived>(b.collector, 'take') : newLines(b);
    if (more.length === 0) continue;
    lastAt = Date.now();
    for (const line of more) arrived.push(line);
    verdict = job.proof(rowsOf(arrived.map(([text]) => text)), from, count);
  }
  const us = (cpuUs(b.started.pid) - before) / count;
  return { ...verdict, us, lateMs: Math.max(0, lastAt - endedAt), ...(job.latency ? latencies(arrived) : {}) };
}

/** Whole lines that the peer wrote since the last look; some write the end of a line only with the next one. */
function newLines(b: Bench): Arrived {
  if (!existsSync(b.started.file)) return [];
  const bytes = readFileSync(b.started.file).subarray(b.readBytes);
  const text = bytes.toString();
  const whole = isWhole(text.slice(text.lastIndexOf('\n') + 1)) ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  b.readBytes += Buffer.byteLength(whole);
  const atMs = Date.now();
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [line, atMs]);
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false; // the rest of it is still to come
  }
}

/** @returns when the last message was sent */
async function load(job: Job, prefix: string, port: number, from: number, count: number, rate: number): Promise<number> {
  const args = ['bench/public/load.ts', String(port), job.name, prefix, String(from), String(count), String(rate)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (d: string) => {
    text += d;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the load of ${job.name} ended with ${code}`);
  return (JSON.parse(text) as { endedAt: number }).endedAt;
}

async function ask<T>(child: ChildProcess, question: string): Promise<T> {
  const answer = once(child, 'message');
  child.send(question);
  return (await answer)[0] as T;
}

/** Results of a tool may be an array of rows. */
export function rowsOf(texts: readonly string[]): Row[] {
  const rows: Row[] = [];
  for (const text of texts) {
    if (text === '') continue;
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) rows.push(...(value as Row[]));
    else rows.push(value as Row);
  }
  return rows;
}

function latencies(arrived: Arrived): { p50Ms: number; p99Ms: number } {
  const late = arrived.map(([text, atMs]) => atMs - (JSON.parse(text) as { at: number }).at).sort((a, b) => a - b);
  return { p50Ms: percentile(late, 0.5), p99Ms: percentile(late, 0.99) };
}

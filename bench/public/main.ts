// `make bench-public`: this gateway beside others in one run. Each peer is a program that you have, given by its path; absent ones are named on the page.
//   node bench/public/main.ts [--base FOLDER] [--ekuiper PATH] [--rekuiper PATH] [--telegraf PATH] [--bento PATH] [--node-red PATH of red.js]
//     [--only filter-mqtt,w1] [--runs 5] [--rate 20000] [--seconds N] [--out FOLDER]
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { haveMosquitto, startMosquitto } from '../../test/helpers/mosquitto.ts';
import { jobNamed, jobs } from './jobs/index.ts';
import { type JobResult, measureJob } from './measure.ts';
import { page, type Report } from './page.ts';
import { checkout, kuiperd } from './peers/kuiper.ts';
import type { Peer } from './peers/peer.ts';
import { bare, bento, nodeRed, telegraf } from './peers/tools.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: {
    base: text,
    ekuiper: text,
    rekuiper: text,
    telegraf: text,
    bento: text,
    'node-red': text,
    only: text,
    runs: text,
    rate: text,
    seconds: text,
    out: text,
  },
});
const given: readonly [name: string, program: string | undefined, make: (program: string) => Peer][] = [
  ['eKuiper', values.ekuiper, (p) => kuiperd('eKuiper', p)],
  ['rekuiper', values.rekuiper, (p) => kuiperd('rekuiper', p)],
  ['Telegraf', values.telegraf, telegraf],
  ['Bento', values.bento, bento],
  ['Node-RED', values['node-red'], nodeRed],
];
const peers: Peer[] = [checkout('kuiper-gateway', process.cwd()), bare];
if (values.base) peers.push(checkout('kuiper-gateway before', path.resolve(values.base)));
const absent: string[] = [];
for (const [name, program, make] of given)
  if (program) peers.push(make(path.resolve(program)));
  else absent.push(name);

if (!haveMosquitto) throw new Error('mosquitto is not installed: apt-get install mosquitto');
const options = {
  runs: Number(values.runs ?? 5),
  rate: Number(values.rate ?? 20_000),
  ...(values.seconds ? { seconds: Number(values.seconds) } : {}),
};
const chosen = values.only ? values.only.split(',').map(jobNamed) : jobs;
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const date = new Date().toISOString().slice(0, 10);
const results: JobResult[] = [];
const report: Report = {
  date,
  commit,
  machine: {
    cpu: /model name\s*:\s*(.*)/.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? os.arch(),
    cores: os.cpus().length,
    kernel: os.release(),
    loadAverage: os.loadavg()[0] ?? 0,
  },
  options,
  absent,
  jobs: results,
};
const folder = values.out ?? 'bench/results/public';
mkdirSync(folder, { recursive: true });
const file = path.join(folder, `${date}-${commit}`);
for (const job of chosen) {
  console.log(`\n== ${job.name}: ${job.doc}`);
  const broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0\nset_tcp_nodelay true');
  try {
    results.push(await measureJob(job, peers, broker.port, options, (line) => console.log(`   ${line}`)));
  } finally {
    await broker.remove();
  }
  // what is measured stays, should a later job fail
  writeFileSync(`${file}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${file}.md`, page(report));
}
console.log(`\nresults: ${file}.md and ${file}.json`);

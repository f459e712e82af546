// One fault of the file system in a life of the gateway: compiles the shim, runs a script of REST calls against kuiperd with one call failing, stops
// it, starts it without faults, and compares with what was acknowledged. Used by inject.test.ts and scripts/fault-campaign.ts.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RunningDaemon, startDaemon } from '../../daemon/daemon-process.ts';

export const FAULTS = { EIO: 5, ENOSPC: 28, EROFS: 30, short: 0 } as const;
export type Fault = keyof typeof FAULTS;

export interface FaultRun {
  /** Calls that were counted. */
  calls: number;
  /** What each of them was. */
  names: string[];
  /** What the failing call was; undefined when there were fewer calls. */
  failed: string | undefined;
  /** REST calls that were refused. */
  refused: string[];
  /** Promises that were broken; empty = all is well. */
  broken: string[];
}

let shim: string | undefined;
export function compileShim(): string {
  if (shim) return shim;
  const folder = path.join(import.meta.dirname, '../../../.cache/inject');
  mkdirSync(folder, { recursive: true });
  const out = path.join(folder, `shim-${process.pid}.so`);
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-o', out, path.join(import.meta.dirname, 'shim.c'), '-ldl']);
  return (shim = out);
}

interface Step {
  name: string;
  method: string;
  path: string;
  body?: unknown;
  /** What must be there afterwards: path → text that the answer holds; undefined = it is gone. */
  holds: Record<string, string | undefined>;
}

const rule = (id: string, sql: string, action: object = { nop: {} }) => ({
  id,
  sql,
  actions: [action],
  options: { qos: 1, checkpointInterval: '300ms' },
});
const TICKS = 'SELECT count(*) AS n FROM ticks GROUP BY COUNTWINDOW(1)';
const steps: readonly Step[] = [
  {
    name: 'stream',
    method: 'POST',
    path: '/streams',
    body: { sql: 'CREATE STREAM ticks () WITH (TYPE="simulator", DATASOURCE="x", FORMAT="JSON")' },
    holds: { '/streams/ticks': 'ticks' },
  },
  { name: 'rule', method: 'POST', path: '/rules', body: rule('r1', TICKS), holds: { '/rules/r1': 'COUNTWINDOW(1)' } },
  {
    name: 'conf key',
    method: 'PUT',
    path: '/metadata/sources/mqtt/confKeys/k1',
    body: { server: 'tcp://127.0.0.1:1', qos: 1 },
    holds: { '/metadata/sources/yaml/mqtt': '"k1"' },
  },
  {
    name: 'upload',
    method: 'POST',
    path: '/config/uploads',
    body: { name: 'a.txt', content: 'hello' },
    holds: { '/config/uploads': 'a.txt' },
  },
  {
    name: 'change',
    method: 'PUT',
    path: '/rules/r1',
    body: rule('r1', TICKS.replace('(1)', '(2)')),
    holds: { '/rules/r1': 'COUNTWINDOW(2)' },
  },
  {
    name: 'queue',
    method: 'POST',
    path: '/rules',
    body: rule('q', TICKS, { mqtt: { server: 'tcp://127.0.0.1:1', topic: 'x' } }),
    holds: { '/rules/q': 'tcp://127.0.0.1:1' },
  },
  { name: 'second', method: 'POST', path: '/rules', body: rule('r2', TICKS), holds: { '/rules/r2': 'COUNTWINDOW(1)' } },
  { name: 'delete', method: 'DELETE', path: '/rules/r2', holds: { '/rules/r2': undefined } },
];

const holds = async (daemon: RunningDaemon, where: string, wanted: string | undefined): Promise<boolean> => {
  const { status, text } = await daemon.call('GET', where);
  return wanted === undefined ? status >= 400 : status === 200 && text.includes(wanted);
};

/** @param at number of the call that fails, from 1; 0 = none
 *  @param reads calls that read count as well */
export async function runWithFault(at: number, fault: Fault, reads = false): Promise<FaultRun> {
  const root = mkdtempSync(path.join(tmpdir(), 'kuiper-inject-'));
  const counts = `${root}.count`;
  const result: FaultRun = { calls: 0, names: [], failed: undefined, refused: [], broken: [] };
  try {
    const env = {
      LD_PRELOAD: compileShim(),
      FAULT_ROOT: root,
      FAULT_AT: String(at || -1),
      FAULT_ERRNO: String(FAULTS[fault]),
      FAULT_COUNT: counts,
      ...(reads ? { FAULT_READS: '1' } : {}),
    };
    let daemon = await startDaemon(root, env);
    if ('code' in daemon) {
      const text = daemon.stderr.slice(0, 300);
      // without its data folder or database it says so and ends; its supervisor starts it again
      if (text.startsWith(`kuiperd: ${root}/data: `) && daemon.code === 1) result.refused.push(`start: ${text}`);
      else result.broken.push(`the gateway did not start: ${text}`);
      daemon = await startDaemon(root);
      if ('code' in daemon) result.broken.push(`the gateway did not start again: ${daemon.stderr.slice(0, 300)}`);
      else await daemon.stop();
      return result;
    }
    const running = daemon;
    /** Acknowledged, by path. */
    const kept = new Map<string, string | undefined>();
    /** Refused: it may be as before or as asked for. */
    const open = new Map<string, string | undefined>();
    for (const step of steps) {
      let answer = await daemon.call(step.method, step.path, step.body);
      if (answer.status >= 300) {
        result.refused.push(`${step.name}: ${answer.status} ${answer.text.slice(0, 200)}`);
        // what is refused may be as before or as asked for; who tries again gets it
        answer = await daemon.call(step.method, step.path, step.body);
        const isThere = async () => (await Promise.all(Object.entries(step.holds).map(([w, t]) => holds(running, w, t)))).every(Boolean);
        if (answer.status >= 300 && !(await isThere())) result.broken.push(`${step.name} is refused again: ${answer.text.slice(0, 200)}`);
      }
      const done = answer.status < 300;
      for (const [where, wanted] of Object.entries(step.holds)) {
        if (done) {
          kept.set(where, wanted);
          open.delete(where);
        } else open.set(where, wanted);
      }
      if ((await daemon.call('GET', '/')).status !== 200) result.broken.push(`GET / does not answer after ${step.name}`);
    }
    // checkpoints and the queue of the sink that is away get their time
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const last = await daemon.call('POST', '/streams', {
      sql: 'CREATE STREAM later () WITH (TYPE="memory", DATASOURCE="x", FORMAT="JSON")',
    });
    if (last.status < 300) kept.set('/streams/later', 'later');
    else result.refused.push(`later: ${last.status} ${last.text.slice(0, 200)}`);
    if (result.refused.length > 2) result.broken.push(`one fault refused ${result.refused.length} calls`);
    const { code } = await daemon.stop();
    if (code !== 0) result.broken.push(`it ended with ${code}`);
    daemon = await startDaemon(root);
    if ('code' in daemon) {
      result.broken.push(`the gateway did not start again: ${daemon.stderr.slice(0, 300)}`);
      return result;
    }
    for (const [where, wanted] of kept) {
      if (await holds(daemon, where, wanted)) continue;
      if (open.has(where) && (await holds(daemon, where, open.get(where)))) continue;
      result.broken.push(`acknowledged and lost: ${where} ${wanted ?? 'deleted'}`);
    }
    await daemon.stop();
    return result;
  } finally {
    const lines = existsSync(counts) ? readFileSync(counts, 'utf8').trim().split('\n') : [];
    result.calls = lines.length;
    result.names = lines.map((l) => l.split(' ')[1] ?? '');
    result.failed = lines.find((l) => l.endsWith('FAILED'));
    rmSync(root, { recursive: true, force: true });
    rmSync(counts, { force: true });
  }
}

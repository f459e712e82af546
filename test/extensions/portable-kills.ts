// Kills the process of a portable plugin that is source and sink of a rule, again and again, half of the time as soon as rows flow, half at a moment of
// chance, and says what came through. Used by portable.test.ts (a short round) and scripts/portable-campaign.ts (100).
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealGateway } from '../helpers/real-gateway.ts';

const WITHIN_MS = 60_000;
/** From the start of a process to its death by chance: while it loads, while its parts are started, while rows flow. */
const CHANCE_MS = 2500;

export interface KillReport {
  kills: number;
  /** Longest time from a kill to the next row, ms; of kills as soon as rows flow. */
  longestMs: number;
  rows: number;
  /** Rows that came twice: the one that was being answered when the process was killed. */
  twice: number;
  /** Processes whose rows did not come from 1 on, each, in order. */
  disordered: number[];
  restarts: number;
  state: string;
  status: string;
}

/** @throws Error with what the gateway says when no row comes within a minute */
export async function portableKills(
  g: RealGateway,
  { plugin, out, kills, random }: { plugin: string; out: string; kills: number; random: () => number },
): Promise<KillReport> {
  const ask = async (path: string) => JSON.parse((await g.call('GET', path)).text) as Record<string, unknown>;
  const status = () => ask(`/plugins/portables/${plugin}/status`);
  const until = async <T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> => {
    const end = Date.now() + WITHIN_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > end) {
        const about = [await status(), await ask('/rules/s/status'), g.lines.slice(-30)];
        throw new Error(`${what} did not come within ${WITHIN_MS} ms: ${JSON.stringify(about, undefined, 1)}`);
      }
      await sleep(50);
    }
  };
  // what was read of the file, so that a long round does not read it again each time
  let read = 0;
  const rowsByPid = new Map<number, number[]>();
  const look = (): Map<number, number[]> => {
    if (!existsSync(out)) return rowsByPid;
    const text = readFileSync(out, 'utf8');
    const whole = text.lastIndexOf('\n') + 1;
    for (const line of text.slice(read, whole).split('\n'))
      for (const row of line === '' ? [] : (JSON.parse(line) as { pid: number; n: number }[])) {
        if (!rowsByPid.has(row.pid)) rowsByPid.set(row.pid, []);
        rowsByPid.get(row.pid)!.push(Number(row.n));
      }
    read = Math.max(read, whole);
    return rowsByPid;
  };
  let longestMs = 0;
  let killed: unknown;
  const newPid = async () => {
    const { pid } = await status();
    return pid === undefined || pid === killed ? undefined : (pid as number);
  };
  for (let n = 1; n <= kills; n++) {
    const pid = await until(newPid, `the process after kill ${n - 1}`);
    if (n % 2 === 0) await sleep(random() * CHANCE_MS);
    else {
      const fromMs = Date.now();
      await until(() => look().get(pid), `a row after kill ${n - 1}`);
      longestMs = Math.max(longestMs, Date.now() - fromMs);
    }
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it was killed before its start was noted, and another one is on its way
    }
    killed = pid;
  }
  const last = await until(newPid, 'the process after the last kill');
  await until(() => look().get(last), 'a row after the last kill');
  const { restarts, status: state } = await status();
  const rule = await ask('/rules/s/health');
  return {
    kills,
    longestMs,
    rows: [...rowsByPid.values()].reduce((sum, rows) => sum + rows.length, 0),
    twice: [...rowsByPid.values()].reduce((sum, rows) => sum + rows.filter((n, i) => n === rows[i - 1]).length, 0),
    disordered: [...rowsByPid]
      .filter(([, rows]) => rows.some((n, i) => n !== (rows[i - 1] ?? 0) + 1 && n !== rows[i - 1]))
      .map(([pid]) => pid),
    restarts: Number(restarts),
    state: String(rule['state']),
    status: String(state),
  };
}

// `make mutate`: breaks src one line at a time (test/mutations/*.mutations.ts) and runs the tests that should notice.
//   node scripts/mutate.ts [--only AREA,…] [--id ID,…] [--save]
// Exit code 1 when a mutation survived that is not explained as equivalent, or when an "equivalent" one was found after all.
// How to add mutations: test/mutations/README.md.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { applyMutation, type Mutation, type MutationList } from '../test/mutations/mutation.ts';

/** A mutant that keeps the tests busy for longer counts as found: it hangs. */
const LIMIT_MS = 120_000;
const RECORD = 'test/mutations/record.json';

export interface AreaRecord {
  commit: string;
  date: string;
  mutants: number;
  killed: number;
  equivalent: number;
  survived: string[];
  /** How it came about, when not by one run of the whole list. */
  note?: string;
}

const option = (name: string): string | undefined => {
  const i = process.argv.indexOf(`--${name}`);
  return i >= 0 ? process.argv[i + 1] : undefined;
};

export async function readLists(folder = 'test/mutations'): Promise<MutationList[]> {
  const files = readdirSync(folder).filter((f) => f.endsWith('.mutations.ts'));
  return Promise.all(files.sort().map(async (f) => ((await import(path.resolve(folder, f))) as { mutations: MutationList }).mutations));
}

/** @returns true when the tests fail */
function fails(tests: readonly string[], mutant: Mutation | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.mutate.config.ts', ...tests], {
      env: { ...process.env, MUTANT: JSON.stringify(mutant ?? null) },
      stdio: 'ignore',
      detached: true,
    });
    const timer = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), LIMIT_MS);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code !== 0);
    });
  });
}

async function runList(list: MutationList, ids: readonly string[] | undefined): Promise<AreaRecord> {
  const record: AreaRecord = {
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    date: new Date().toISOString().slice(0, 10),
    mutants: 0,
    killed: 0,
    equivalent: 0,
    survived: [],
  };
  const slow = list.slowTests ?? [];
  if (await fails([...list.tests, ...slow], undefined)) throw new Error(`the tests of ${list.area} fail without any mutation`);
  // the change must reach the tests at all: a file that cannot be loaded turns them red
  const control = { ...list.mutations[0]!, id: 'control', replace: '}}} not a program' };
  if (!(await fails(list.tests, control))) throw new Error(`the tests of ${list.area} do not load ${control.file}`);
  for (const m of list.mutations) {
    if (ids !== undefined && !ids.includes(m.id)) continue;
    applyMutation(m, readFileSync(m.file, 'utf8'));
    record.mutants++;
    const killed = (await fails(list.tests, m)) || (slow.length > 0 && (await fails(slow, m)));
    if (killed) record.killed++;
    else if (m.equivalent) record.equivalent++;
    else record.survived.push(m.id);
    const word = killed
      ? m.equivalent
        ? 'killed, although it is said to be equivalent'
        : 'killed'
      : m.equivalent
        ? 'equivalent'
        : 'SURVIVED';
    console.log(`${list.area.padEnd(12)} ${m.id.padEnd(32)} ${word}`);
  }
  return record;
}

if (import.meta.main) {
  const only = option('only')?.split(',');
  const lists = (await readLists()).filter((l) => !only || only.includes(l.area));
  if (lists.length === 0) throw new Error(`no list of mutations is called ${only?.join(', ')}`);
  const records: Record<string, AreaRecord> = existsSync(RECORD)
    ? (JSON.parse(readFileSync(RECORD, 'utf8')) as Record<string, AreaRecord>)
    : {};
  let bad = 0;
  for (const list of lists) {
    const record = await runList(list, option('id')?.split(','));
    bad += record.survived.length;
    console.log(
      `${list.area}: ${record.mutants} mutations, ${record.killed} killed, ${record.equivalent} equivalent, ${record.survived.length} survived` +
        (record.survived.length ? `: ${record.survived.join(', ')}` : ''),
    );
    if (process.argv.includes('--save') && option('id') === undefined) {
      records[list.area] = record;
      const sorted = Object.fromEntries(Object.entries(records).sort(([a], [b]) => (a < b ? -1 : 1)));
      writeFileSync(RECORD, `${JSON.stringify(sorted, null, 2)}\n`);
    }
  }
  process.exit(bad > 0 ? 1 : 0);
}

// The fuzzer's command: `make fuzz` (every target for a short time), `make fuzz-long` (goes on where it ended, until stopped). State lies in
// .cache/fuzz; `--keep` writes the smallest corpus below test/fuzz/corpus, `--record` the figures to bench/results/fuzz.json. Next: fuzz/watch.ts.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { readCorpus, writeCorpus } from './fuzz/corpus.ts';
import { type FuzzRecord, type FuzzState, recordOf } from './fuzz/record.ts';
import { targets } from './fuzz/targets/index.ts';
import { watch } from './fuzz/watch.ts';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, '.cache/fuzz');
const TARGETS_FILE = path.join(import.meta.dirname, 'fuzz/targets/index.ts');

const { values } = parseArgs({
  options: {
    /** Only this one; may be repeated. */
    target: { type: 'string', multiple: true },
    /** Inputs per target and round. */
    count: { type: 'string', default: '20000' },
    /** guided, mutated, or both in turn. */
    mode: { type: 'string', default: 'guided' },
    /** Stops after so many seconds; 0 = after one round. */
    seconds: { type: 'string', default: '0' },
    /** A target gets no more than so many seconds of a round; 0 = what it needs. */
    each: { type: 'string', default: '0' },
    /** A target that has so many of a mode is left out. */
    until: { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
  },
});
const stateFile = (name: string) => path.join(folder, `${name}.json`);
const fresh = (): FuzzState => ({ guided: 0, mutated: 0, edges: 0, rounds: 0, corpus: 0, findings: [] });
const readState = (name: string): FuzzState =>
  existsSync(stateFile(name)) ? (JSON.parse(readFileSync(stateFile(name), 'utf8')) as FuzzState) : fresh();
const writeState = (name: string, state: FuzzState): void => {
  writeFileSync(`${stateFile(name)}.new`, JSON.stringify(state));
  renameSync(`${stateFile(name)}.new`, stateFile(name));
};

mkdirSync(path.join(folder, 'corpus'), { recursive: true });
const chosen = targets.filter((t) => !values.target || values.target.includes(t.name));
const endsAtMs = Number(values.seconds) > 0 ? Date.now() + Number(values.seconds) * 1000 : 0;
const until = Number(values.until);
const modes =
  values.mode === 'both' ? (['guided', 'mutated'] as const) : [values.mode === 'mutated' ? ('mutated' as const) : ('guided' as const)];
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});
process.on('SIGTERM', () => {
  stopped = true;
});
const stop = () => stopped || (endsAtMs > 0 && Date.now() > endsAtMs);
let findings = 0;

do {
  let idle = true;
  for (const target of chosen)
    for (const mode of modes) {
      if (stop()) break;
      const state = readState(target.name);
      if (until > 0 && state[mode] >= until) continue;
      idle = false;
      const kept = readCorpus(target.name, path.join(folder, 'corpus'));
      const corpus = kept.length > 0 ? kept : readCorpus(target.name);
      const before = performance.now();
      const eachMs = Number(values.each) * 1000;
      /** When the first inputs had run: loading counts for nothing. */
      let beganMs = 0;
      const result = await watch({
        targetsFile: TARGETS_FILE,
        target: target.name,
        guided: mode === 'guided',
        seed: 1 + state.rounds * 104_729,
        // without coverage they run many times faster
        count: Number(values.count) * (mode === 'guided' ? 1 : 50),
        corpus,
        minimise: mode === 'guided',
        progress: () => {
          beganMs ||= performance.now();
        },
        stop: () => stop() || (eachMs > 0 && beganMs > 0 && performance.now() - beganMs > eachMs),
      });
      const seconds = (performance.now() - before) / 1000;
      state.rounds++;
      state[mode] += result.executions;
      state.edges = Math.max(state.edges, result.edges);
      if (mode === 'guided') {
        writeCorpus(target.name, result.corpus, path.join(folder, 'corpus'));
        state.corpus = result.corpus.length;
      }
      for (const f of result.findings) {
        const id = createHash('sha256').update(f.input).digest('hex').slice(0, 12);
        if (state.findings.some((s) => s.id === id)) continue;
        findings++;
        state.findings.push({
          id,
          kind: f.kind,
          input: Buffer.from(f.input).toString('latin1'),
          text: f.text.split('\n').slice(0, 6).join('\n'),
        });
        console.log(
          `FOUND ${target.name} ${f.kind} ${JSON.stringify(Buffer.from(f.input).toString('latin1'))}\n  ${f.text.split('\n').slice(0, 6).join('\n  ')}`,
        );
      }
      writeState(target.name, state);
      console.log(
        `${target.name.padEnd(20)} ${mode} ${result.executions} in ${seconds.toFixed(1)} s; in all ${state.guided} guided, ${state.mutated} mutated, ${state.edges} edges, ${state.corpus} inputs kept`,
      );
    }
  if (idle) break;
} while (endsAtMs > 0 && !stop());

if (values.keep) for (const t of chosen) writeCorpus(t.name, readCorpus(t.name, path.join(folder, 'corpus')).slice(0, 400));
if (values.record) {
  const file = path.join(root, 'bench/results/fuzz.json');
  const { earlier } = JSON.parse(readFileSync(file, 'utf8')) as FuzzRecord;
  const record = recordOf(
    targets.map((t) => [t.name, readState(t.name)]),
    earlier,
  );
  writeFileSync(file, `${JSON.stringify(record, null, 1)}\n`);
  console.log(`written: ${path.relative(root, file)}`);
}
process.exit(findings > 0 ? 1 : 0);

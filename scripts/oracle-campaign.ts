// Runs many batches of the oracle (test/oracle) and writes the record of the run. Usage: node scripts/oracle-campaign.ts [FIRST LAST]
// Ends with 1 when the two engines differ; each difference is printed with its seed and both statements.
import { writeFileSync } from 'node:fs';
import { emptyTally, openOracle, runBatch } from '../test/oracle/compare.ts';

const [first = 1, last = 240] = process.argv.slice(2).map(Number);
const oracle = await openOracle();
const tally = emptyTally();
const startedAtMs = Date.now();
for (let seed = first; seed <= last; seed++) {
  await runBatch(oracle.db, seed, tally);
  if (seed % 20 === 0) console.log(`seed ${seed}: ${tally.comparisons} comparisons, ${tally.differences.length} differences`);
}
oracle.close();
for (const d of tally.differences.slice(0, 20))
  console.log(
    `seed ${d.seed}, ${d.what}\n  ours   ${d.ours}   ${d.sql[0]}\n  DuckDB ${d.theirs}   ${d.sql[1]}\n  ${d.row ? JSON.stringify(d.row, (_k, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v)) : ''}`,
  );
const record = {
  seeds: `${first}-${last}`,
  comparisons: tally.comparisons,
  bothFail: tally.bothFail,
  oursDecides: tally.oursDecides,
  differences: tally.differences.length,
  duckdb: oracle.version,
  node: process.version,
  seconds: Math.round((Date.now() - startedAtMs) / 1000),
};
console.log(JSON.stringify(record));
if (tally.differences.length === 0 && process.argv.length === 2)
  writeFileSync('test/oracle/record.json', `${JSON.stringify(record, undefined, 2)}\n`);
process.exitCode = tally.differences.length === 0 ? 0 : 1;

// A long round of the storm (test/faults/storm.ts): node scripts/storm.ts [faults] [seed]
import { storm } from '../test/faults/storm.ts';

const [faults = 100, seed = 1] = process.argv.slice(2).map(Number);
const report = await storm({
  seed,
  faults,
  kinds: ['put', 'putWindow', 'restart', 'kill', 'sinkAway', 'stopOther'],
  rate: 300,
  pauseMs: 500,
});
console.log(report);
if (Object.values(report.lost).some((list) => list.length > 0) || report.outOfOrder > 0) process.exitCode = 1;

// `make simulate SEEDS=1-1000`: runs the shipped gateway in simulated worlds (test/simulation), one per seed, and says what is wrong.
//   node scripts/simulate.ts [SEEDS] [--break ack-early|skip-sync|lose-drain|drop-dedup] [--trace] [--twice] [--record FILE]
// A process of its own: it replaces timers, clocks, sockets and randomness.
import { replaceGlobals } from '../test/simulation/globals.ts';

const wallMs = Date.now;
replaceGlobals();
const { main } = await import('../test/simulation/main.ts');
process.exitCode = await main(process.argv.slice(2), wallMs);
process.exit();

// Long rounds of the conservation test: node scripts/campaign.ts [kills] [broker stops] [seed] [late|early] [3.1.1|5.0]. Prints what was lost, doubled
// and out of order; exits 1 on any loss. `early` confirms before delivery, as eKuiper does, and must lose: it shows that the oracle sees it.
import { campaign } from '../test/faults/conservation.ts';

const [kills = '50', brokerStops = '10', seed = String(Date.now() % 100_000), ackPolicy = 'late', protocolVersion = '5.0'] =
  process.argv.slice(2);
const r = await campaign({
  seed: Number(seed),
  kills: Number(kills),
  brokerStops: Number(brokerStops),
  devices: 3,
  rate: 300,
  faultEveryMs: 1500,
  protocolVersion,
  ackPolicy: ackPolicy as 'late' | 'early',
});
console.log(`seed ${seed}: ${r.kills} kills, ${r.brokerStops} stops of the broker`);
console.log(
  `sent ${r.sent}, delivered ${r.delivered}, lost ${r.lost.length}, in no window ${r.missingInWindows.length}, out of order ${r.outOfOrder}, duplicates ${r.duplicates}`,
);
if (r.doubledByBroker.length) console.log(`doubled before the gateway: ${r.doubledByBroker.join(' ')}`);
for (const text of r.wrongSums) console.log(text);
process.exitCode = r.lost.length || r.missingInWindows.length || r.outOfOrder || r.wrongSums.length ? 1 : 0;

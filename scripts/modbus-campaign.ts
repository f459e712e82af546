// Long round of the Modbus fault test: node scripts/modbus-campaign.ts [transactions] [seed] [peer]. Per peer (pymodbus, libmodbus) half over TCP,
// half over RTU on ptys, through the fault proxy. Exits 1 when any value was wrong or invented, or when no peer is installed.
import { faultCampaign } from '../test/connectors/modbus/fault-campaign.ts';
import { peers } from '../test/connectors/modbus/peers.ts';

const [transactions = '100000', seed = String(Date.now() % 100_000), only] = process.argv.slice(2);
let rounds = 0;
for (const peer of peers.filter((p) => p.have && (!only || p.name === only)))
  for (const kind of ['tcp', 'rtu'] as const) {
    rounds++;
    const startMs = performance.now();
    const r = await faultCampaign(peer, kind, Number(transactions) / 2, Number(seed));
    const seconds = Math.round((performance.now() - startMs) / 1000);
    console.log(JSON.stringify({ peer: peer.name, kind, seed: Number(seed), ...r, seconds }));
    if (r.wrong || r.invented) process.exitCode = 1;
  }
if (rounds === 0) {
  console.error('no peer is installed: run scripts/test-deps.sh');
  process.exitCode = 1;
}

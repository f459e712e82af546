// Long round of the Modbus fault test: node scripts/modbus-campaign.ts [transactions] [seed]. Half over TCP, half over RTU on a pty, against
// pymodbus through the fault proxy. Exits 1 when any value was wrong or invented.
import { faultCampaign } from '../test/connectors/modbus/fault-campaign.ts';

const [transactions = '100000', seed = String(Date.now() % 100_000)] = process.argv.slice(2);
for (const kind of ['tcp', 'rtu'] as const) {
  const r = await faultCampaign(kind, Number(transactions) / 2, Number(seed));
  console.log(
    `${kind}, seed ${seed}: good ${r.good}, wrong ${r.wrong}, invented ${r.invented}, failed ${r.failed}, replies spoilt ${r.spoilt}`,
  );
  if (r.wrong || r.invented) process.exitCode = 1;
}

// Several gateways as one: three members of a group run rules with state over one topic of Kafka into PostgreSQL, and one of them is killed (or stopped
// until the group takes it for dead) every 20 seconds. Every row and every window must be there, in order and once. Figures go to
// bench/results/spread.json. `--kills n`, `--seed n`. Part of `make campaign`; test/suites/spread-record.test.ts reads the record.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../test/connectors/kafka/kafka-server.ts';
import { runGroup } from '../test/connectors/kafka/spread-group.ts';
import { startPostgres } from '../test/connectors/sql/database-servers.ts';
import { randomFrom } from '../test/helpers/random.ts';

const { values } = parseArgs({ options: { kills: { type: 'string', default: '20' }, seed: { type: 'string', default: '1' } } });
const random = randomFrom(Number(values.seed));
const kafka = await startKafka();
const postgres = await startPostgres();
let result: Awaited<ReturnType<typeof runGroup>>;
try {
  result = await runGroup({
    kafka,
    postgres,
    name: 'campaign',
    kills: Number(values.kills),
    everyMs: 20_000,
    downMs: 1_000,
    stallMs: 14_000,
    perTick: 10,
    intervalMs: 2_000,
    pick: (n) => Math.floor(random() * n),
    log: (line) => console.log(line.slice(0, 250)),
  });
} finally {
  await kafka.remove();
  await postgres.remove();
}
console.log(result);
const right = result.lost === 0 && result.disordered === 0 && result.wrongWindows === 0;
const record = { at: new Date().toISOString(), node: process.version, seed: Number(values.seed), kafka: '4.1.0', postgres: '15', result };
if (right) writeFileSync(path.join(import.meta.dirname, '../bench/results/spread.json'), `${JSON.stringify(record, null, 1)}\n`);
process.exit(right ? 0 : 1);

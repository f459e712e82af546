// Kafka 4 in KRaft mode, one node, from the jars that scripts/test-deps.sh puts into .cache/kafka.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { havePart } from '../../helpers/parts.ts';
import { type RealServer, startServer } from '../../helpers/real-server.ts';

const libs = join(import.meta.dirname, '../../../.cache/kafka/lib');

export const haveKafka = havePart('java', 'openjdk-17-jre-headless') && haveJars();

function haveJars(): boolean {
  if (existsSync(libs)) return true;
  const text = 'Kafka is not in .cache/kafka (scripts/test-deps.sh): its tests are left out';
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
  return false;
}

const java = (...args: string[]) => ['java', '-Xmx256m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', `${libs}/*`, ...args];

/** @param sasl with user `kuiper`, password `s3cret` by SASL PLAIN */
export const startKafka = (sasl = false): Promise<RealServer> =>
  startServer({
    name: 'kafka',
    morePorts: 1,
    prepare({ port, ports, folder }) {
      const protocol = sasl ? 'SASL_PLAINTEXT' : 'PLAINTEXT';
      const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_kuiper="s3cret";';
      writeFileSync(
        join(folder, 'server.properties'),
        `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports[0]}
listeners=CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${ports[0]}
advertised.listeners=CLIENT://127.0.0.1:${port}
inter.broker.listener.name=CLIENT
controller.listener.names=CONTROLLER
listener.security.protocol.map=CLIENT:${protocol},CONTROLLER:PLAINTEXT
${sasl ? `sasl.enabled.mechanisms=PLAIN\nsasl.mechanism.inter.broker.protocol=PLAIN\nlistener.name.client.plain.sasl.jaas.config=${login.replace('required', 'required username="kuiper" password="s3cret"')}\n` : ''}log.dirs=${folder}/data
num.partitions=3
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=1000
broker.heartbeat.interval.ms=200
`,
      );
      const [command, ...args] = java(
        'kafka.tools.StorageTool',
        'format',
        '-t',
        'MkU3OEVBNTcwNTJENDM2Qg',
        '-c',
        join(folder, 'server.properties'),
      );
      execFileSync(command!, args, { stdio: 'pipe' });
    },
    command: ({ folder }) => java('kafka.Kafka', join(folder, 'server.properties')),
    startLimitMs: 180_000,
  });

// A RabbitMQ of the test's own, from the Debian package, with a name service (epmd) of its own, so that nothing of it outlives the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../helpers/free-port.ts';
import { havePart } from '../../helpers/parts.ts';
import { type RealServer, startServer, takesConnections } from '../../helpers/real-server.ts';

export const haveRabbitmq = havePart('rabbitmq-server', 'rabbitmq-server');

export async function startRabbitmq(): Promise<RealServer> {
  const names = await freePort();
  const epmd: ChildProcess = spawn('epmd', ['-address', '127.0.0.1', '-port', String(names)], { stdio: 'ignore' });
  const server = await startServer({
    name: 'rabbitmq',
    morePorts: 1,
    startLimitMs: 60_000,
    async prepare({ folder, port }) {
      writeFileSync(path.join(folder, 'rabbitmq.conf'), [`listeners.tcp.1 = 127.0.0.1:${port}`, 'log.file = false', 'log.console = true', 'log.console.level = warning', ''].join('\n')); // biome-ignore format: one line
      writeFileSync(path.join(folder, 'enabled_plugins'), '[].');
    },
    // RUNNING_UNDER_SYSTEMD: the script becomes the server instead of waiting for it
    command: ({ folder }) => ['env', 'RUNNING_UNDER_SYSTEMD=1', `RABBITMQ_ENABLED_PLUGINS_FILE=${folder}/enabled_plugins`, `RABBITMQ_MNESIA_BASE=${folder}/mnesia`, `RABBITMQ_LOG_BASE=${folder}`, `RABBITMQ_CONFIG_FILE=${folder}/rabbitmq.conf`, `RABBITMQ_GENERATED_CONFIG_DIR=${folder}/config`, '/usr/lib/rabbitmq/bin/rabbitmq-server'], // biome-ignore format: one line
    ready: ({ port }) => takesConnections(port),
    env: {
      ERL_EPMD_PORT: String(names),
      ERL_EPMD_ADDRESS: '127.0.0.1',
      RABBITMQ_NODENAME: `kuiper${names}@localhost`,
      RABBITMQ_DIST_PORT: String(await freePort()),
    },
  }).catch((error: unknown) => {
    epmd.kill();
    throw error;
  });
  return {
    ...server,
    async remove() {
      await server.remove();
      const gone = once(epmd, 'exit');
      epmd.kill();
      await gone;
    },
  };
}

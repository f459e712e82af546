// Ends of connections: a goodbye of half a second at most, and the end of a session that nobody wants kept. Called by connection.ts.
import type { IClientOptions } from 'mqtt';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { HoldingClient } from './holding-client.ts';
import type { StreamBuilder } from './streams.ts';

const GOODBYE_MS = 500;

export async function disconnect(
  client: HoldingClient,
  { clock, log }: { clock: Clock; log: Log },
  goodbye?: Parameters<HoldingClient['endAsync']>[1],
): Promise<void> {
  if (client.connected)
    await within(
      clock,
      client
        .quiet()
        .then(() => client.endAsync(false, goodbye))
        .catch((error) => log.debug({ cause: messageOf(error) }, 'MQTT disconnect failed.')),
    );
  discard(client, log, 'Error of a closed MQTT connection.');
}

/** Nothing of it is heard any more. */
export function discard(client: HoldingClient, log: Log, sentence: string): void {
  client.removeAllListeners();
  client.on('error', (error) => log.debug({ cause: messageOf(error) }, sentence));
  client.end(true);
}

/** MQTT 3: a connection with a clean session of the same name clears the session. */
export async function clearSession(builder: StreamBuilder, options: IClientOptions, deps: { clock: Clock; log: Log }): Promise<void> {
  const { will: _will, ...own } = options;
  const client = new HoldingClient(builder, { ...own, clean: true }, 1024, () => undefined);
  client.on('error', (error) => deps.log.debug({ cause: messageOf(error) }, 'The session could not be ended.'));
  await within(deps.clock, new Promise<void>((resolve) => client.once('connect', () => resolve()).once('close', () => resolve())));
  await disconnect(client, deps);
}

async function within(clock: Clock, work: Promise<unknown>): Promise<void> {
  let timer: TimerHandle | undefined;
  const late = new Promise<void>((resolve) => {
    timer = clock.setTimer(GOODBYE_MS, resolve);
  });
  await Promise.race([work, late]);
  clock.clear(timer);
}

// Tells the device's MQTT listener what updates do: the status as a retained message, whenever something but the percentage changed. Called by main.ts.
import type { MqttClient } from 'mqtt';
import { createBackoff } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { UpdateStatus } from './installer.ts';

export const TOPIC = 'kuiper/system/update';

export interface Announcer {
  tell(status: UpdateStatus): void;
  /** Something is still to be told. */
  readonly busy: boolean;
}

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** e.g. `tcp://127.0.0.1:1883` */
  readonly server: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Until it is given up; the next change begins again. The listener starts after the updater. */
  readonly tries?: number;
}

export function createAnnouncer({ clock, log, server, username, password, tries = 12 }: AnnouncerOptions): Announcer {
  let told = '';
  let next: string | undefined;
  let running = false;

  const once = async (text: string): Promise<void> => {
    const { connectAsync } = await import('mqtt');
    const client: MqttClient = await connectAsync(server, {
      connectTimeout: 10_000,
      reconnectPeriod: 0,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    });
    // Said by the promises of publish and end.
    client.on('error', () => undefined);
    try {
      await client.publishAsync(TOPIC, text, { qos: 1, retain: true });
    } finally {
      await client.endAsync();
    }
  };
  const run = async (): Promise<void> => {
    const backoff = createBackoff({ firstMs: 2000, maxMs: 30_000 });
    while (next !== undefined && backoff.tries < tries) {
      const text = next;
      try {
        await once(text);
        told = text;
        if (next === text) next = undefined;
        backoff.reset();
      } catch (error) {
        if (backoff.tries === tries - 1)
          log.warn({ server, error: messageOf(error) }, 'The status of updates could not be told over MQTT.');
        await clock.sleep(backoff.next());
      }
    }
    next = undefined;
  };
  return {
    get busy() {
      return running;
    },
    tell({ percent: _percent, text: _text, ...status }) {
      const wanted = JSON.stringify(status);
      if (wanted === (next ?? told)) return;
      next = wanted;
      if (running) return;
      running = true;
      run()
        .finally(() => {
          running = false;
        })
        .catch((error: unknown) => log.error({ error: messageOf(error) }, 'The status of updates could not be told over MQTT.'));
    },
  };
}

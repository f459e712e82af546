// Home Assistant discovery for the MQTT sink: what stands in the way of it, the will that it needs, and the end of what was announced. Loaded by ../sink.ts
// and ../index.ts when a sink has the property homeAssistant. Next file: announcer.ts.
import { messageOf } from '../../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import { type Props, parseOptions } from '../../../contract/props.ts';
import { MqttConnection } from '../connection.ts';
import { readConnection, type SinkProps, sinkOptions, type WillProps } from '../options.ts';
import { nodeOf } from './announcer.ts';
import { type HomeAssistantProps, readHomeAssistant } from './options.ts';

export { Announcer } from './announcer.ts';

/** A broker gives out what it keeps at once. */
const QUIET_MS = 300;
const LIMIT_MS = 4000;

/** @throws Error when the other properties make no messages that Home Assistant understands */
export function checkHomeAssistant(props: SinkProps, raw: Props): HomeAssistantProps {
  const value = (name: string) => Object.entries(raw).find(([k]) => k.toLowerCase() === name.toLowerCase())?.[1];
  const wants = (what: string) => new Error(`homeAssistant needs ${what}: Home Assistant reads one JSON object per message`);
  if (String(value('sendSingle') ?? false) !== 'true') throw wants('sendSingle: true');
  if (!['', 'json'].includes(String(value('format') ?? '').toLowerCase())) throw wants('format json');
  for (const name of ['compression', 'encryption']) if (String(value(name) ?? '') !== '') throw wants(`no ${name}`);
  return readHomeAssistant(props.homeAssistant!);
}

/** The will by which the broker says that the gateway is away. @returns the user's own; ours where the connection is this sink's alone */
export function willFor(ctx: ConnectorContext, props: SinkProps, shared: boolean): WillProps | undefined {
  if (props.will !== undefined || shared) return props.will;
  const topic = `kuiper/${nodeOf(ctx)}/status`;
  return { topic, payload: 'offline', qos: 1, retained: true, delayMs: 0, messageExpiryMs: 0, contentType: '' };
}

/** Removes the entities of a sink that is gone: whatever lies at the broker under its node. Ends within LIMIT_MS. */
export async function removeEntities(raw: Props, ctx: ConnectorContext): Promise<void> {
  const props = readConnection(parseOptions<SinkProps>('mqtt sink', sinkOptions, raw));
  const { prefix } = readHomeAssistant(props.homeAssistant!);
  const node = nodeOf(ctx);
  const { clock } = ctx;
  const found = new Set<string>();
  const status = `kuiper/${node}/status`;
  const filters = [`${prefix}/+/${node}/+/config`, status];
  let heardAtMs = Number.POSITIVE_INFINITY;
  const connection = new MqttConnection(
    { ...props, clientid: '', will: undefined, enableClientSession: false },
    { clock, log: ctx.log, persistent: false, clientId: `${node}_r` },
  );
  let refused = '';
  connection.subscribe({
    filters,
    qos: 1,
    granted: false,
    onSkipped: () => undefined,
    onState(state, message) {
      if (state === 'connected') heardAtMs = clock.monotonic();
      else if (state === 'disconnected') refused = message ?? '';
    },
    onMessage(packet, ack) {
      heardAtMs = clock.monotonic();
      if (packet.payload.length > 0) found.add(packet.topic);
      ack?.();
    },
  });
  try {
    const endMs = clock.monotonic() + LIMIT_MS;
    // connected, and quiet since
    while (clock.monotonic() < Math.min(endMs, heardAtMs + QUIET_MS)) await clock.sleep(20);
    if (heardAtMs === Number.POSITIVE_INFINITY) throw new Error(refused || 'the broker does not answer');
    await Promise.race([Promise.all([...found].map((t) => connection.publish(t, '', 1, true))), clock.sleep(LIMIT_MS)]);
  } catch (error) {
    ctx.log.warn(
      { code: 'MQTT_HOME_ASSISTANT', cause: messageOf(error), topics: filters[0] },
      'The entities of a removed sink could not be removed from Home Assistant: clear the retained messages under this topic.',
    );
  } finally {
    await connection.close();
  }
}

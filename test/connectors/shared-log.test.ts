// What rules share logs as itself: an MQTT connection or a Modbus bus outlives the rule that opened it first.
import { createServer, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog, type Log, type LogFields } from '../../src/base/log.ts';
import { acquireBus, releaseBus } from '../../src/connectors/modbus/line.ts';
import { type ConnectionProps as BusProps, connectionOptions as busOptions, parseConnection } from '../../src/connectors/modbus/options.ts';
import { acquireClient, acquireNamed } from '../../src/connectors/mqtt/named.ts';
import { type ConnectionProps, connectionOptions, readConnection } from '../../src/connectors/mqtt/options.ts';
import type { ConnectorContext } from '../../src/contract/context.ts';
import { parseOptions } from '../../src/contract/props.ts';
import { createConnectionPool } from '../../src/runtime/connection-pool.ts';
import { freePort } from '../helpers/free-port.ts';

function contextOfRule(shared: Log, rule: Log): ConnectorContext {
  return {
    clock: createRealClock(),
    log: rule.child({ rule: 'first' }),
    gatewayId: 'box',
    connections: createConnectionPool(shared),
  } as unknown as ConnectorContext;
}

// @covers finding:house#D7
it.each(['named', 'client'] as const)(
  'a shared MQTT connection (%s) that is lost is logged by its server, without the rule that made it',
  async (how) => {
    const shared = createMemoryLog();
    const ofRule = createMemoryLog();
    const ctx = contextOfRule(shared.log, ofRule.log);
    const port = await freePort();
    const props = readConnection(parseOptions<ConnectionProps>('mqtt source', connectionOptions, { server: `tcp://127.0.0.1:${port}` }));
    const { key } = how === 'named' ? acquireNamed(ctx, 'plant', props) : acquireClient(ctx, props, 'box-1', false);
    const lost = (): LogFields | undefined => shared.lines.find((l) => l['code'] === 'MQTT_LOST');
    await vi.waitFor(() => expect(lost()).toBeDefined(), 10_000);
    expect(lost()).toMatchObject({ server: `tcp://127.0.0.1:${port}`, level: 'warn' });
    if (how === 'named') expect(lost()).toMatchObject({ connection: 'plant' });
    expect(shared.lines.filter((l) => 'rule' in l)).toEqual([]);
    expect(ofRule.lines).toEqual([]);
    await ctx.connections.release('mqtt', key);
  },
);

// @covers finding:house#D7
it('a shared Modbus bus that is lost is logged by its line, without the rule that made it', async () => {
  const shared = createMemoryLog();
  const ofRule = createMemoryLog();
  const ctx = contextOfRule(shared.log, ofRule.log);
  const sockets: Socket[] = [];
  const server = createServer((s) => void sockets.push(s)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const props = parseConnection<BusProps>('modbus source', busOptions, { host: '127.0.0.1', tcpPort: port });
  const unwatch = acquireBus(ctx, props).watch(() => undefined);
  await vi.waitFor(() => expect(sockets).toHaveLength(1), 10_000);
  for (const s of sockets) s.destroy();
  server.close();
  await vi.waitFor(() => expect(shared.lines.map((l) => l['code'])).toContain('MODBUS_LOST'), 10_000);
  expect(shared.lines.filter((l) => 'rule' in l)).toEqual([]);
  expect(shared.lines[0]).toMatchObject({ code: 'MODBUS_LOST', bus: `tcp://127.0.0.1:${port}` });
  expect(ofRule.lines).toEqual([]);
  unwatch();
  await releaseBus(ctx, props);
});

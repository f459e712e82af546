// Home Assistant discovery: what is announced, that it is announced before the first value, who says that the gateway is away, what remains of
// a removed rule. The table of device classes below is of Home Assistant's documentation, written down apart from the source's.
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { entityOf, idOf } from '../../../src/connectors/mqtt/home-assistant/entity.ts';
import { BINARY_CLASSES, guess, SENSOR_CLASSES } from '../../../src/connectors/mqtt/home-assistant/facts.ts';
import { readHomeAssistant } from '../../../src/connectors/mqtt/home-assistant/options.ts';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Keys that Home Assistant's schema of MQTT sensors and binary sensors knows: others make it refuse the message. */
const KEYS = {
  sensor: new Set(
    'name unique_id state_topic value_template qos unit_of_measurement device_class state_class suggested_display_precision icon entity_category expire_after availability_topic payload_available payload_not_available device origin'.split(
      ' ',
    ),
  ),
  binary_sensor: new Set(
    'name unique_id state_topic value_template qos payload_on payload_off device_class icon entity_category expire_after availability_topic payload_available payload_not_available device origin'.split(
      ' ',
    ),
  ),
};
const device = {
  node: 'kuiper_0',
  id: 'kuiper_0',
  name: 'Boiler',
  stateTopic: 'plant/boiler',
  qos: 1,
  availability: { topic: 'kuiper/kuiper_0/status', offline: 'offline' },
};
const entity = (column: string, value: unknown, props: Record<string, unknown> = {}) => {
  const found = entityOf(column, value, device, readHomeAssistant(props));
  return found && { topic: found.topic, config: JSON.parse(found.payload) as Record<string, unknown> };
};

describe('Home Assistant entities', () => {
  it('a number with a unit in its name has unit, device class and state class, and only keys of the schema', () => {
    const found = entity('tank_c', 21.5, { manufacturer: 'Acme', model: 'B1', expireAfter: '90s' })!;
    expect(found.topic).toBe('homeassistant/sensor/kuiper_0/kuiper_0_tank_c/config');
    expect(found.config).toEqual({
      name: 'tank_c',
      unique_id: 'kuiper_0_tank_c',
      state_topic: 'plant/boiler',
      value_template: '{% if "tank_c" in value_json %}{{ value_json["tank_c"] }}{% endif %}',
      qos: 1,
      unit_of_measurement: '°C',
      device_class: 'temperature',
      state_class: 'measurement',
      expire_after: 90,
      availability_topic: 'kuiper/kuiper_0/status',
      payload_available: 'online',
      payload_not_available: 'offline',
      device: { identifiers: ['kuiper_0'], name: 'Boiler', manufacturer: 'Acme', model: 'B1' },
      origin: { name: 'Kuiper Gateway' },
    });
    for (const [column, value] of [
      ['a', true],
      ['b', 'text'],
      ['import_kWh', 5],
    ] as const) {
      const { topic, config } = entity(column, value, { entities: { a: { icon: 'mdi:door', category: 'diagnostic' } } })!;
      const allowed = KEYS[topic.split('/')[1] as keyof typeof KEYS];
      expect(Object.keys(config).filter((k) => !allowed.has(k))).toEqual([]);
    }
  });

  it('true and false are a binary sensor, a text has no unit and no state class, objects and nulls are none yet', () => {
    const door = entity('open', false)!;
    expect(door.topic).toBe('homeassistant/binary_sensor/kuiper_0/kuiper_0_open/config');
    expect(door.config).toMatchObject({ payload_on: 'ON', payload_off: 'OFF' });
    expect(door.config['value_template']).toBe('{% if "open" in value_json %}{{ \'ON\' if value_json["open"] else \'OFF\' }}{% endif %}');
    expect(door.config).not.toHaveProperty('state_class');
    const text = entity('mode_c', 'auto')!.config;
    expect(text).not.toHaveProperty('unit_of_measurement');
    expect(text).not.toHaveProperty('state_class');
    expect(entity('x', null)).toBeUndefined();
    expect(entity('x', { a: 1 })).toBeUndefined();
    expect(entity('x', [1])).toBeUndefined();
  });

  it.each([
    ['power_w', { unit: 'W', deviceClass: 'power' }],
    ['importKwh', { unit: 'kWh', deviceClass: 'energy' }],
    ['import_kWh', { unit: 'kWh', deviceClass: 'energy' }],
    ['humidity', { unit: '%', deviceClass: 'humidity' }],
    ['room_humidity_pct', { unit: '%', deviceClass: 'humidity' }],
    ['battery', { unit: '%', deviceClass: 'battery' }],
    ['battery_v', { unit: 'V', deviceClass: 'voltage' }],
    ['co2', { unit: 'ppm', deviceClass: 'carbon_dioxide' }],
    ['gas_m3', { unit: 'm³', deviceClass: 'gas' }],
    ['level_percent', { unit: '%' }],
    ['temperature', {}],
    ['v', {}],
    ['count', {}],
    ['mac', {}],
  ])('the name %s tells %j', (column, told) => {
    expect(guess(column)).toEqual(told);
  });

  it('what is guessed is always a pair that Home Assistant takes, and energy grows', () => {
    for (const name of ['x_c', 'x_v', 'x_w', 'x_kwh', 'x_m3', 'water_m3', 'x_hz', 'x_kg', 'x_s', 'humidity', 'co2_ppm', 'x_hpa', 'x_dbm']) {
      const config = entity(name, 1)!.config as { device_class?: string; unit_of_measurement: string; state_class: string };
      const facts = SENSOR_CLASSES[config.device_class!]!;
      expect(facts.units).toContain(config.unit_of_measurement);
      expect(facts.states).toContain(config.state_class);
    }
    expect(entity('x_kwh', 1)!.config['state_class']).toBe('total_increasing');
    expect(entity('x_kwh', 1, { guess: false })!.config).not.toHaveProperty('unit_of_measurement');
  });

  it('knows the device classes of Home Assistant with their units', () => {
    const units: Record<string, string> = {
      temperature: '°C °F K',
      humidity: '%',
      energy: 'J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal',
      power: 'W kW MW GW TW',
      voltage: 'V mV µV kV MV',
      current: 'A mA',
      frequency: 'Hz kHz MHz GHz',
      illuminance: 'lx',
      gas: 'm³ ft³ CCF',
      water: 'L m³ ft³ gal CCF',
      weight: 'kg g mg µg oz lb st',
      signal_strength: 'dB dBm',
      carbon_dioxide: 'ppm',
    };
    for (const [name, list] of Object.entries(units)) expect(SENSOR_CLASSES[name]!.units.join(' ')).toBe(list);
    expect(SENSOR_CLASSES['energy']!.states).not.toContain('measurement');
    expect(SENSOR_CLASSES['timestamp']!.states).toEqual([]);
    expect(BINARY_CLASSES).toHaveLength(28);
  });

  it('two columns never share an id, whatever characters they hold', () => {
    expect(idOf('a_b')).toBe('a_b');
    expect(idOf('a b')).toMatch(/^a_b_[0-9a-f]{8}$/);
    expect(new Set(['a b', 'a.b', 'a/b', 'a_b', '', '_'].map(idOf)).size).toBe(6);
    const odd = entity('Druck "Öl"', 1)!;
    expect(odd.topic).toMatch(/^homeassistant\/sensor\/kuiper_0\/kuiper_0_[A-Za-z0-9_-]+\/config$/);
    expect(odd.config['value_template']).toBe('{% if "Druck \\"Öl\\"" in value_json %}{{ value_json["Druck \\"Öl\\""] }}{% endif %}');
  });

  it.each([
    [{ devise: 'x' }, /homeAssistant has no member "devise"; use device, manufacturer/],
    [{ prefix: 'ha/#' }, /prefix "ha\/#" is not a topic/],
    [{ entities: { a: 5 } }, /entity a: write an object, or false/],
    [{ entities: { a: { units: 'W' } } }, /entity a: unknown key units; known are name, component, unit/],
    [{ entities: { a: { deviceClass: 'heat_flow' } } }, /deviceClass "heat_flow" is not known; use apparent_power/],
    [{ entities: { a: { deviceClass: 'power', unit: 'PS' } } }, /deviceClass power takes no unit "PS": W, kW, MW, GW, TW/],
    [{ entities: { a: { deviceClass: 'power' } } }, /deviceClass power takes a unit: W, kW/],
    [
      { entities: { a: { deviceClass: 'energy', unit: 'kWh', stateClass: 'measurement' } } },
      /takes no stateClass measurement; total_increasing, total/,
    ],
    [{ entities: { a: { component: 'binary_sensor', deviceClass: 'voltage' } } }, /deviceClass "voltage" is none of a binary_sensor/],
  ])('refuses %j with a reason', (props, words) => {
    expect(() => readHomeAssistant(props)).toThrow(words);
  });
});

describe.runIf(haveMosquitto)('an MQTT sink with homeAssistant', () => {
  let broker: Mosquitto;
  const rig = async (props: Record<string, unknown> = {}, opId = 'mqtt_0') => {
    broker = await startMosquitto();
    closers.push(() => broker.remove());
    const seen: { topic: string; text: string; retain: boolean }[] = [];
    const watch = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => watch.endAsync());
    watch.on('message', (topic, payload, packet) => void seen.push({ topic, text: payload.toString(), retain: packet.retain }));
    await watch.subscribeAsync('#', { qos: 1 });
    const raw = { server: broker.url, topic: 'plant/boiler', sendSingle: true, qos: 1, homeAssistant: {}, ...props };
    const ctx = createTestContext(opId);
    const sink = mqttConnector.sink!.create();
    await sink.configure!(raw);
    await sink.open(ctx, () => undefined);
    await until(() => ctx.states.some((s) => s.state === 'connected'), 'connected');
    const kept = async () => {
      const late = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
      const found = new Map<string, string>();
      late.on('message', (topic, payload) => void found.set(topic, payload.toString()));
      await late.subscribeAsync('#', { qos: 1 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      await late.endAsync();
      return found;
    };
    return { seen, sink, ctx, raw, kept };
  };
  const configsOf = (found: Iterable<string>) => [...found].filter((t) => t.startsWith('homeassistant/'));

  // @covers issue:19#10
  it('announces each column before the first message with it, retained, once, and new columns when they come', async () => {
    const { seen, sink, ctx, kept } = await rig({ homeAssistant: { device: 'Boiler', entities: { hidden: false } } });
    // not one after the other: the second must wait for the announcement of the first as well
    const first = sink.collect(ctx, '{"tank_c":20.5,"on":true,"hidden":1}');
    const second = sink.collect(ctx, '{"tank_c":21}');
    await Promise.all([first, second]);
    await sink.collect(ctx, '{"tank_c":22,"flow":3,"gone":null}');
    await until(() => seen.filter((m) => m.topic === 'plant/boiler').length === 3, 'three messages');
    const order = seen
      .filter((m) => !m.topic.startsWith('kuiper/'))
      .map((m) => (m.topic === 'plant/boiler' ? m.text : m.topic.split('/')[3]!.slice(20)));
    expect(order).toEqual([
      'tank_c',
      'on',
      '{"tank_c":20.5,"on":true,"hidden":1}',
      '{"tank_c":21}',
      'flow',
      '{"tank_c":22,"flow":3,"gone":null}',
    ]);
    const found = await kept();
    expect(configsOf(found.keys())).toHaveLength(3);
    const tank = JSON.parse([...found].find(([t]) => t.endsWith('tank_c/config'))![1]) as Record<string, unknown>;
    expect(tank).toMatchObject({ state_topic: 'plant/boiler', qos: 1, device: { name: 'Boiler' } });
    expect(found.get(tank['availability_topic'] as string)).toBe('online');
    await sink.close(ctx);
    await until(async () => (await kept()).get(tank['availability_topic'] as string) === 'offline', 'offline after the end');
  });

  it('the broker says that the gateway is away when the connection dies, and all is announced again afterwards', async () => {
    const { seen, sink, ctx } = await rig();
    await sink.collect(ctx, '{"a":1}');
    await until(() => seen.some((m) => m.text === 'online'), 'online');
    const status = seen.find((m) => m.topic.startsWith('kuiper/'))!.topic;
    seen.length = 0;
    await broker.stop('SIGKILL');
    await until(() => ctx.states.at(-1)!.state === 'disconnected', 'lost');
    await expect(async () => sink.collect(ctx, '{"a":2}')).rejects.toThrow(/not connected/);
    await broker.start();
    await until(() => ctx.states.at(-1)!.state === 'connected', 'back', 15_000);
    // the client of the test has to be back, too: values are not retained
    await until(() => seen.some((m) => m.topic === status && m.text === 'online'), 'online again', 15_000);
    await sink.collect(ctx, '{"a":3}');
    await until(() => seen.some((m) => m.text === '{"a":3}'), 'the value');
    expect(seen.map((m) => (m.topic.startsWith('homeassistant/') ? 'config' : m.topic === status ? m.text : 'value'))).toEqual(
      expect.arrayContaining(['online', 'config', 'value']),
    );
    await sink.close(ctx);
  }, 30_000);

  it('the will is at the broker: a connection that is cut makes the entities unavailable', async () => {
    const net = await import('node:net');
    let cut: (() => void) | undefined;
    const proxy = net.createServer((client) => {
      const up = net.connect(broker.port, '127.0.0.1');
      client.pipe(up).pipe(client);
      client.on('error', () => undefined);
      up.on('error', () => undefined);
      cut = () => {
        client.resetAndDestroy();
        up.resetAndDestroy();
      };
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closers.push(() => proxy.close());
    const port = (proxy.address() as { port: number }).port;
    const { seen, sink, ctx } = await rig({ server: `tcp://127.0.0.1:${port}` });
    await until(() => seen.some((m) => m.text === 'online'), 'online');
    cut!();
    await until(() => seen.some((m) => m.topic.startsWith('kuiper/') && m.text === 'offline'), 'the will');
    await sink.close(ctx);
  });

  it('each topic of a template is a device of its own', async () => {
    const { seen, sink, ctx } = await rig({ topic: 'plant/{{.id}}' });
    for (const id of ['a', 'b']) await sink.collect(ctx, `{"id":"${id}","x_c":1}`, { topic: `plant/${id}` });
    await until(() => configsOf(seen.map((m) => m.topic)).length === 4, 'configs');
    const devices = seen
      .filter((m) => m.topic.endsWith('x_c/config'))
      .map((m) => (JSON.parse(m.text) as { device: { identifiers: string[]; name: string } }).device);
    expect(devices.map((d) => d.name)).toEqual(['test-rule plant/a', 'test-rule plant/b']);
    expect(devices[0]!.identifiers).not.toEqual(devices[1]!.identifiers);
    await sink.close(ctx);
  });

  it('what was announced is removed with the rule, and stays while the action does', async () => {
    const { sink, ctx, raw, kept } = await rig();
    await sink.collect(ctx, '{"a":1,"b":true}');
    await sink.close(ctx);
    const { retired } = mqttConnector.sink!;
    await retired!(raw, raw, ctx);
    expect(configsOf((await kept()).keys())).toHaveLength(2);
    await retired!(raw, { ...raw, homeAssistant: undefined }, ctx);
    expect((await kept()).size).toBe(0);
  });

  it('a sink whose messages Home Assistant cannot read is refused', async () => {
    const configure = async (props: Record<string, unknown>) =>
      mqttConnector.sink!.create().configure!({ server: 'tcp://h', topic: 't', homeAssistant: {}, ...props });
    await expect(configure({})).rejects.toThrow('homeAssistant needs sendSingle: true');
    await expect(configure({ sendSingle: true, format: 'delimited' })).rejects.toThrow('homeAssistant needs format json');
    await expect(configure({ sendSingle: true, compression: 'gzip' })).rejects.toThrow('homeAssistant needs no compression');
    await expect(configure({ sendSingle: true })).resolves.toBeUndefined();
  });
});

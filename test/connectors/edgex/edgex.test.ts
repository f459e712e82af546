// edgex: messages as EdgeX's own Go modules make them (recorded.json, see recorder/) over a real broker, events of ours, kills of the broker.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import mqtt from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeCbor } from '../../../src/connectors/edgex/cbor.ts';
import { readEvent } from '../../../src/connectors/edgex/event.ts';
import edgex from '../../../src/connectors/edgex/index.ts';
import { readValue, writeAs, writeValue } from '../../../src/connectors/edgex/values.ts';
import type { Row, Value } from '../../../src/data/value.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';

const text = readFileSync(join(import.meta.dirname, 'recorded.json'), 'utf8');
/** Each recorded message as its text: parsing would lose digits. */
const recorded = (name: string): Buffer => {
  const begin = text.indexOf(`  "${name}": {`) + name.length + 6;
  return Buffer.from(text.slice(begin, text.indexOf('\n  }', begin) + 4));
};

const ROW = {
  bool: true,
  text: 'on',
  int8: -7n,
  int64: 9007199254740993n,
  uint64: 18446744073709551615n,
  float32: 20.5,
  float64: 0.1,
  whole: 25,
  large: 1.5e300,
  bools: [true, false],
  ints: [1n, 9007199254740993n],
  floats: [1.5, 2, 1e-7],
  texts: ['a', 'b "c"'],
  picture: Buffer.from([0, 1, 254, 255]),
  object: { a: 1, b: ['x'] },
};

describe('a message as EdgeX sends it', () => {
  // @covers issue:22#2
  // @covers finding:parity#10
  it.each([
    ['event', 'event'],
    ['eventBase64', 'event'],
    ['request', 'request'],
    ['requestCbor', 'request'],
  ] as const)('%s: each reading is a column of its type, and its facts are metadata', (name, type) => {
    const { row, meta, left } = readEvent(recorded(name), type);
    // a list of texts is written without quotes by EdgeX: what is in a text cannot be told from what is between two
    expect({ ...row, texts: ROW.texts, picture: Buffer.from(row['picture'] as Uint8Array) }).toEqual(ROW);
    expect((row['texts'] as string[])[0]).toBe('a');
    expect(left).toEqual([]);
    expect(meta).toMatchObject({
      id: '11111111-1111-4111-8111-111111111111',
      deviceName: 'device1',
      profileName: 'profile1',
      sourceName: 'source1',
      origin: 1700000000123456789n,
      tags: { site: 'hall', line: 3 },
      correlationid: '33333333-3333-4333-8333-333333333333',
      int8: {
        id: '22222222-2222-4222-8222-222222222222',
        origin: 1700000000123456792n,
        deviceName: 'device1',
        profileName: 'profile1',
        valueType: 'Int8',
      },
      picture: { valueType: 'Binary', mediaType: 'image/png' },
    });
  });

  it.each([
    ['request', 'event', 'it is a request: set messageType to request'],
    ['event', 'request', 'it is an event: set messageType to event'],
  ] as const)('that is a %s is refused where an %s is expected, with the cure', (name, type, reason) => {
    expect(() => readEvent(recorded(name), type)).toThrow(reason);
  });

  it.each([
    ['no JSON', 'x', 'no message of EdgeX'],
    ['a list', '[]', 'it has no payload'],
    ['an event without an envelope', '{"readings":[]}', 'it has no payload'],
    ['a number as payload', '{"payload":1}', 'its payload is not an object'],
    ['an event without readings', '{"payload":{"readings":[]}}', 'no reading that can be read'],
    ['CBOR that is cut off', '{"payload":"o2ph","contentType":"application/cbor"}', 'it is cut off'],
    ['a reading of another type', '{"payload":{"readings":[{"resourceName":"a","valueType":"Int8","value":"x"}]}}', 'a: "x" is not Int8'],
  ])('%s is refused with the reason', (_name, message, reason) => {
    expect(() => readEvent(Buffer.from(message), 'event')).toThrow(reason);
  });

  it('keeps the readings that can be read, and names the others', () => {
    const readings = [
      { resourceName: 'a', valueType: 'Int8', value: 'x' },
      { resourceName: 'b', valueType: 'Float32', value: '' },
      { valueType: 'Bool', value: 'true' },
      { resourceName: 'c', valueType: 'Odd', value: 'as it is' },
    ];
    const { row, left } = readEvent(Buffer.from(JSON.stringify({ payload: { readings } })), 'event');
    expect(row).toEqual({ c: 'as it is' });
    expect(left).toEqual(['a: "x" is not Int8', 'b: "" is not Float32', 'a reading without a name']);
  });

  it('in CBOR never does more than fail, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeCbor(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'DECODE_FAILED' });
        }
      }),
    );
    expect(() => decodeCbor(Buffer.alloc(100_000, 0x81))).toThrow('more than 64 levels');
    expect(() => decodeCbor(Buffer.from('9affffffff', 'hex'))).toThrow('cut off');
  });

  it('in CBOR: the examples of its specification', () => {
    // @source RFC 8949, appendix A
    for (const [hex, value] of [
      ['1bffffffffffffffff', 18446744073709551615n],
      ['3903e7', -1000n],
      ['f93c00', 1],
      ['f90001', 2 ** -24],
      ['fa47c35000', 100000],
      ['fb3ff199999999999a', 1.1],
      ['f4', false],
      ['f6', null],
      ['c074323031332d30332d32315432303a30343a30305a', '2013-03-21T20:04:00Z'],
      ['826161bf61626163ff', ['a', { b: 'c' }]],
      ['7f657374726561646d696e67ff', 'streaming'],
      ['9f018202039f0405ffff', [1n, [2n, 3n], [4n, 5n]]],
    ] as const)
      expect(decodeCbor(Buffer.from(hex, 'hex')), hex).toEqual(value);
  });
});

describe('a value as a reading', () => {
  it('is written as EdgeX writes it', () => {
    const written = (v: Value) => writeValue(v) as { type: string; value?: string };
    const all = JSON.parse(text) as { event: { payload: { readings: { resourceName: string; valueType: string; value?: string }[] } } };
    for (const { resourceName, valueType, value } of all.event.payload.readings) {
      if (valueType === 'StringArray' || value === undefined) continue;
      expect(writeAs(ROW[resourceName as keyof typeof ROW] as Value, valueType), resourceName).toEqual({ type: valueType, value });
    }
    expect(written(0.1)).toEqual({ type: 'Float64', value: '1e-01' });
    expect(written(5n)).toEqual({ type: 'Int64', value: '5' });
    expect(written([])).toEqual({ type: 'StringArray', value: '[]' });
    expect(written({ a: 1 })).toEqual({ type: 'Object', object: { a: 1 } });
    expect(writeAs(0.1, 'Float32')).toEqual({ type: 'Float32', value: '1e-01' });
  });

  it('is the same when it is read again', () => {
    const value = fc.oneof(
      fc.boolean(),
      fc.string(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.double({ noDefaultInfinity: true, noNaN: true }).filter((n) => !Object.is(n, -0)),
      fc.array(fc.string(), { minLength: 1 }),
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), { minLength: 1 }),
    );
    fc.assert(
      fc.property(value, (v) => {
        const w = writeValue(v);
        expect('value' in w && readValue(w.value, w.type)).toEqual(v);
      }),
    );
  });

  it.each([
    [300n, 'Int8'],
    [-1n, 'Uint64'],
    [1.5, 'Int64'],
    ['x', 'Bool'],
    [true, 'Float64'],
    [[1n, 'x'], 'Int64Array'],
    ['%', 'Binary'],
  ] as const)('%s is no %s', (v, type) => {
    expect(() => writeAs(v as Value, type)).toThrow();
  });
});

describe.runIf(haveMosquitto)('edgex over a broker', () => {
  let broker: Mosquitto;
  let client: mqtt.MqttClient;
  const seen: { topic: string; body: Row & { payload: Row } }[] = [];
  const rigs: Rig[] = [];
  beforeAll(async () => {
    broker = await startMosquitto('allow_anonymous true\npersistence true\npersistence_location {folder}/');
    client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker.port}`, { reconnectPeriod: 100, clientId: 'watch', clean: false });
    client.on('message', (topic, body) => void seen.push({ topic, body: JSON.parse(body.toString()) }));
    await client.subscribeAsync('out/#', { qos: 1 });
  });
  afterEach(async () => {
    for (const r of rigs.splice(0)) await r.close();
    seen.length = 0;
  });
  afterAll(async () => {
    client?.end(true);
    await broker?.remove();
  });
  const rig = async (o: RigOptions) => {
    const r = await startRig(o);
    rigs.push(r);
    return r;
  };
  const at = () => ({ host: '127.0.0.1', port: broker.port });

  it('takes events, counts what is none, and shows metadata of readings', async () => {
    const r = await rig({
      sql: 'SELECT int8, float64, meta(deviceName) AS device, meta(int8->valueType) AS type FROM s',
      source: { type: 'edgex', datasource: 'ignored', props: { ...at(), topic: 'in/+' } },
    });
    await until(() => r.rule.health().sources[0]?.connection === 'connected', 'the source listens');
    client.publish('in/a', 'nonsense', { qos: 1 });
    client.publish('in/a', recorded('event'), { qos: 1 });
    await until(() => r.got.length === 1, 'the event came');
    expect(r.got).toEqual([{ int8: -7n, float64: 0.1, device: 'device1', type: 'Int8' }]);
    expect(r.rule.health().sources[0]).toMatchObject({ dropped: 1 });
  });

  it('publishes events with metadata of the source: ids, origins, names, tags and types are kept', async () => {
    const r = await rig({
      sql: 'SELECT meta(*) AS m, int8, float64 * 2 AS twice, picture FROM s',
      source: { type: 'edgex', datasource: '', props: { ...at(), topic: 'in/b' } },
      actions: [{ edgex: { ...at(), topicPrefix: 'out', metadata: 'm', messageType: 'request', sendSingle: true } }],
    });
    await until(() => r.rule.health().sources[0]?.connection === 'connected', 'the source listens');
    client.publish('in/b', recorded('event'), { qos: 1 });
    await until(() => seen.length === 1, 'the event is published');
    const [{ topic, body }] = seen as [(typeof seen)[0]];
    expect(topic).toBe('out/profile1/device1/source1');
    expect(body).toMatchObject({ apiVersion: 'v3', errorCode: 0, contentType: 'application/json' });
    const event = body.payload['event'] as Row & { readings: Row[] };
    expect(event).toMatchObject({
      id: '11111111-1111-4111-8111-111111111111',
      deviceName: 'device1',
      profileName: 'profile1',
      sourceName: 'source1',
      tags: { site: 'hall', line: 3 },
    });
    expect(event.readings.toSorted((a, b) => (String(a['resourceName']) < String(b['resourceName']) ? -1 : 1))).toMatchObject([
      { resourceName: 'int8', valueType: 'Int8', value: '-7', id: '22222222-2222-4222-8222-222222222222' },
      { resourceName: 'picture', valueType: 'Binary', binaryValue: 'AAH+/w==', mediaType: 'image/png' },
      { resourceName: 'twice', valueType: 'Float64', value: '2e-01', deviceName: 'device1', profileName: 'profile1' },
    ]);
    const again = readEvent(Buffer.from(JSON.stringify(body)), 'request');
    expect(again.row).toMatchObject({ int8: -7n, twice: 0.2 });
  });

  it('parks a row without a reading and one whose names make no topic; names columns that were left out', async () => {
    const r = await rig({ actions: [{ edgex: { ...at(), topicPrefix: 'out', metadata: 'm', deviceName: 'd', sendSingle: true } }] });
    await r.send({ m: { deviceName: 'a/b' }, n: 1n });
    await r.send({ n: null });
    await r.send({ m: { n: { valueType: 'Int8' } }, n: 300n, k: 1n });
    await until(() => seen.length === 1 && r.health().parked === 2, 'one is published, two are parked');
    expect(seen[0]).toMatchObject({
      topic: 'out/ekuiperProfile/d/r',
      body: { payload: { apiVersion: 'v4', readings: [{ resourceName: 'k' }] } },
    });
    expect(r.rule.health().notes.join()).toContain('Columns were left out of events: n (300 is not Int8).');
  });

  // @covers issue:22#kills
  it('loses nothing when the broker goes and comes back under load', async () => {
    const r = await rig({ actions: [{ edgex: { ...at(), topic: 'out/k', sendSingle: true } }] });
    const sent = await underKills(
      r,
      { kill: () => broker.stop(), start: () => broker.start() },
      {
        kills: 2,
        row: (n) => ({ n: BigInt(n) }),
        perTick: 2,
        everyMs: 500,
      },
    );
    await r.settled();
    const numbers = () => new Set(seen.map((s) => ((s.body.payload['readings'] as Row[])[0]!['value'] as string) ?? ''));
    await until(() => numbers().size === sent, `all of ${sent} are there`);
  }, 60_000);
});

describe('edgex refuses', () => {
  it.each([
    [{ type: 'redis' }, 'specified wrong type value redis'],
    [{ port: -1 }, 'specified wrong port value, expect positive integer but got -1'],
    [{ messageType: 'odd' }, 'specified wrong messageType value odd'],
    [{ contentType: 'application/cbor' }, "only 'application/json' is supported if messageType is event"],
    [{ topic: 'a', topicPrefix: 'b' }, 'not allow to specify both topic and topicPrefix, please set one only'],
    [{ optional: { Qos: '3' } }, 'Qos'],
  ])('%j with the reason', (props, reason) => {
    expect(() => edgex.sink!.create().configure!(props)).toThrow(reason);
  });
});

// Fuzz targets of what comes from devices: Modbus replies, serial frames, MQTT packets, profiles.
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkReply, type ModbusRequest } from '../../../src/connectors/modbus/frame.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { streamTransport } from '../../../src/connectors/modbus/transport/stream.ts';
import { tcpTransport } from '../../../src/connectors/modbus/transport/tcp.ts';
import {
  byteOrders,
  decodeValue,
  encodeValue,
  registersOf,
  type ValueType,
  valueTypes,
} from '../../../src/connectors/modbus/value-types.ts';
import { checkFilter, covers, topicMatches } from '../../../src/connectors/mqtt/topic.ts';
import { packetBytes } from '../../../src/connectors/mqtt/unwelcome.ts';
import { compileNamedGroups } from '../../../src/connectors/serial/decode/named-groups.ts';
import { compileLayout } from '../../../src/connectors/serial/decode/struct.ts';
import { framings } from '../../../src/connectors/serial/framing/index.ts';
import { parseOptions } from '../../../src/contract/props.ts';
import { byParser, byReader, lengthIsNone } from '../mqtt-oracle.ts';
import { hold, orRefuses, orRefusesCoded, type Target, textOf } from '../target.ts';

const require = createRequire(import.meta.url);
const crc16 = require('modbus-serial/utils/crc16.js') as (b: Buffer) => number;

const requests: readonly ModbusRequest[] = [
  { unit: 1, fn: 3, address: 0, count: 2 },
  { unit: 17, fn: 1, address: 19, count: 10 },
  { unit: 1, fn: 6, address: 5, count: 1, data: Uint8Array.of(0, 3) },
  { unit: 2, fn: 16, address: 1, count: 2, data: Uint8Array.of(0, 1, 0, 2) },
  { unit: 3, fn: 22, address: 4, count: 1, data: Uint8Array.of(0, 0xf2, 0, 0x25) },
];
const requestOf = (input: Uint8Array): ModbusRequest => requests[(input[0] ?? 0) % requests.length]!;

/** A line that only listens. */
class FakeLine extends EventEmitter {
  write(_bytes: unknown, done?: () => void): boolean {
    done?.();
    return true;
  }
}

function modbusLine(mode: 'rtu' | 'ascii') {
  return async () => {
    return (input: Uint8Array) => {
      // one of its own: a promise that never ends holds all that ever waited for it
      const never = new Promise<Error | undefined>(() => undefined);
      const request = requestOf(input);
      let now = 0;
      const timers: (() => void)[] = [];
      const line = new FakeLine();
      const transport = streamTransport(
        line as unknown as Duplex,
        mode,
        {
          gapMs: 2,
          characterMs: 1,
          now: () => now++,
          after: (_ms, work) => {
            timers.push(work);
            return () => void timers.splice(timers.indexOf(work), 1);
          },
        },
        never,
        async () => undefined,
      );
      let frames = 0;
      void transport.send(request, (frame) => {
        frames++;
        hold(checkReply(request, frame).kind !== 'foreign', 'a foreign frame was taken for the reply');
      });
      const cut = 1 + ((input[1] ?? 0) % 7);
      for (let at = 2; at < input.length; at += cut) line.emit('data', Buffer.from(input.subarray(at, at + cut)));
      for (const t of timers.splice(0)) t();
      hold(frames <= 1, `${frames} replies to one request`);
    };
  };
}

const rtu = (body: number[]): number[] => {
  const crc = crc16(Buffer.from(body));
  return [...body, crc & 255, crc >> 8];
};

const packet = require('mqtt-packet') as {
  parser(options?: object): { parse(b: Buffer): number } & EventEmitter;
  generate(packet: object, options?: object): Buffer;
};
interface Publish {
  cmd: string;
  topic: string;
  payload: Buffer;
  qos: number;
  properties?: { userProperties?: Record<string, string> };
}

export const deviceTargets: readonly Target[] = [
  {
    name: 'modbus-rtu',
    doc: 'bytes of an RTU line while one request waits; first byte: which request, second: how the bytes are cut',
    seeds: [
      Uint8Array.from([0, 6, ...rtu([1, 3, 4, 0, 1, 0, 2])]),
      Uint8Array.from([1, 2, ...rtu([17, 1, 2, 0xcd, 1])]),
      Uint8Array.from([0, 3, ...rtu([1, 0x83, 2]), 9, 9, ...rtu([1, 3, 4, 0, 0, 0, 0])]),
      Uint8Array.from([2, 1, ...rtu([1, 6, 0, 5, 0, 3])]),
      Uint8Array.from([4, 4, ...rtu([3, 22, 0, 4, 0, 0xf2, 0, 0x25])]),
    ],
    maxBytes: 300,
    files: /\/src\/connectors\/modbus\//,
    load: modbusLine('rtu'),
  },
  {
    name: 'modbus-ascii',
    doc: 'bytes of an ASCII line while one request waits',
    seeds: ['\0\x05:010304000100020EF5\r\n', '\0\x01:0183027A\r\n', '\x02\x02:010600050003F1\r\n'],
    words: [':', '\r\n', '0103', '04', 'FF'],
    maxBytes: 300,
    files: /\/src\/connectors\/modbus\//,
    load: modbusLine('ascii'),
  },
  {
    name: 'modbus-tcp',
    doc: 'bytes of a Modbus TCP server while one request waits',
    seeds: [
      Uint8Array.from([0, 5, 0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 1, 0, 2]),
      Uint8Array.from([0, 9, 0, 1, 0, 0, 0, 3, 1, 0x83, 2]),
      Uint8Array.from([1, 1, 0, 1, 0, 0, 0, 5, 17, 1, 2, 205, 1]),
    ],
    maxBytes: 300,
    files: /\/src\/connectors\/modbus\/|modbus-serial\/ports/,
    load: async () => (input) => {
      const socket = new Socket();
      socket.on('error', () => undefined);
      const request = requestOf(input);
      const transport = tcpTransport(socket, new Promise(() => undefined));
      // the port writes into a socket that is not connected: nothing goes anywhere
      socket.write = () => true;
      void transport.send(request, (frame) => void checkReply(request, frame));
      const cut = 1 + ((input[1] ?? 0) % 11);
      for (let at = 2; at < input.length && !socket.destroyed; at += cut) socket.emit('data', Buffer.from(input.subarray(at, at + cut)));
      socket.destroy();
    },
  },
  {
    name: 'modbus-values',
    doc: 'registers as values of each type and byte order, and back',
    seeds: [
      Uint8Array.of(0, 0, 0, 1),
      Uint8Array.of(5, 1, 0x3f, 0x80, 0, 0),
      Uint8Array.of(9, 2, 1, 2, 3, 4, 5, 6, 7, 8),
      Uint8Array.of(12, 3, 65, 66, 0, 0),
    ],
    maxBytes: 40,
    files: /\/src\/connectors\/modbus\/value-types/,
    load: async () => (input) => {
      const type = valueTypes[(input[0] ?? 0) % valueTypes.length] as ValueType;
      const order = byteOrders[(input[1] ?? 0) % byteOrders.length]!;
      const registers = type === 'string' ? Math.floor((input.length - 2) / 2) : registersOf[type];
      const bytes = Buffer.alloc(Math.max(0, registers) * 2);
      bytes.set(input.subarray(2, 2 + bytes.length));
      if (bytes.length === 0) return;
      const value = orRefuses(() => decodeValue(Buffer.from(bytes), type, order));
      if (value === undefined) return;
      const again = orRefuses(() => encodeValue(value, type, order, registers));
      if (again && type !== 'string') {
        const back = decodeValue(Buffer.from(again), type, order);
        hold(Object.is(back, value) || back === value, `${String(value)} comes back as ${String(back)}`);
      }
    },
  },
  {
    name: 'serial-framing',
    doc: 'a chunked line through each framing; first byte: which, second: how the bytes are cut',
    seeds: [
      '\0\x05a,b\nc,d\n',
      '\x01\x03aaaabbbb',
      '\x02\x04\x03abc\x02xy',
      '\x05\x02\x02abc\x03',
      '\x06\x03\xc0a\xdb\xdcb\xc0',
      '\x07\x01\x03ab\x02c\0',
      '\x08\x08$GPGGA,1*5F\r\n',
      '\x04\x02W+12.5kgW-3kg',
    ],
    words: ['\n', '\x02', '\x03', '\xc0', '\xdb', '\xdc', '$', '*', '\r\n', 'W+1kg'],
    maxBytes: 600,
    files: /\/src\/connectors\/serial\/framing\//,
    load: async () => (input) => {
      const definition = framings[(input[0] ?? 0) % framings.length]!;
      const needed: Record<string, unknown> = { frameBytes: 4, framePattern: 'W[+-][0-9.]+kg' };
      const given = Object.fromEntries(Object.entries(needed).filter(([k]) => definition.options.some((o) => o.name === k && o.required)));
      const options = parseOptions('serial', definition.options, given);
      const framer = definition.create(options, () => undefined);
      const most = (options['maxFrameBytes'] as number | undefined) ?? 4096;
      const cut = 1 + ((input[1] ?? 0) % 13);
      const out = (frame: Buffer) => hold(frame.length <= most, `a frame of ${frame.length} bytes`);
      for (let at = 2; at < input.length; at += cut) {
        framer.push(input.subarray(at, at + cut), out);
        hold(framer.held <= most + 64, `holds ${framer.held} bytes`);
      }
      framer.idle?.(out);
      framer.reset();
      hold(framer.held === 0, 'reset leaves bytes behind');
    },
  },
  {
    name: 'serial-encode',
    doc: 'what a framing makes of a payload, it cuts out again',
    seeds: ['\0hello', '\x02hello', '\x05hello', '\x06he\xc0llo', '\x07h\0ello'],
    maxBytes: 300,
    files: /\/src\/connectors\/serial\/framing\//,
    load: async () => (input) => {
      const name = ['length-prefixed', 'slip', 'cobs'][(input[0] ?? 0) % 3]!;
      const definition = framings.find((f) => f.name === name)!;
      const framer = definition.create(parseOptions('serial', definition.options, {}), () => undefined);
      const payload = input.subarray(1, 250);
      if (payload.length === 0) return;
      const frame = orRefuses(() => framer.encode(payload));
      if (!frame) return;
      const got: Buffer[] = [];
      framer.push(frame, (f) => void got.push(Buffer.from(f)));
      hold(got.length === 1 && got[0]!.equals(payload), `${name}: ${got.length} frames for one payload`);
    },
  },
  {
    name: 'serial-layout',
    doc: 'a frame read by a layout and by named groups',
    seeds: ['\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a', 'W+12.5kg 7', ''],
    maxBytes: 64,
    files: /\/src\/connectors\/serial\/decode\//,
    async load() {
      const layout = compileLayout([
        { name: 'a', offset: 0, type: 'uint16' },
        { name: 'b', offset: -4, type: 'float32', byteOrder: 'little', scale: 2, add: 1 },
        { name: 'c', offset: 2, type: 'uint8', bit: 3, bits: 2 },
        { name: 'd', offset: 3, type: 'string', length: 4 },
        { name: 'e', offset: 1, type: 'int64' },
        { name: 'f', offset: 2, type: 'bytes' },
      ]);
      const groups = compileNamedGroups('W(?P<w__float>[+-]?[0-9.]*)(kg|g) ?(?P<n__int>[0-9]*)?');
      return (input) => {
        orRefusesCoded(() => layout(input));
        orRefusesCoded(() => groups(input));
      };
    },
  },
  {
    name: 'modbus-profile',
    doc: 'the YAML of a Modbus profile',
    seeds: [
      'addressing: modicon\npoints:\n  temp: {register: 40001, type: int16, scale: 0.1, unit: C}\n  run: {coil: 1, writable: true}\n',
      'order: CDAB\nlimits: {maxRegisters: 20, maxGap: 3}\nintervals: {slow: 10s}\npoints:\n  p: {kind: holding, address: 5, type: float32, interval: slow}\n',
    ],
    words: [
      'points:\n',
      '  x: ',
      'register: ',
      'holding',
      'input',
      'coil',
      'discrete',
      'type: ',
      'float64',
      'string',
      'length: 3',
      'bits:',
      'scale: ',
      '*a',
      '&a ',
      '<<: ',
      '!!binary ',
      '|\n',
      '- ',
      '{',
      '}',
      ': ',
    ],
    maxBytes: 500,
    files: /\/src\/connectors\/modbus\/profile/,
    load: async () => (input) => void orRefuses(() => parseProfile(textOf(input), 'p.yaml')),
  },
  {
    name: 'mqtt-packets',
    doc: 'bytes of a broker, cut anywhere, mean the same by our frame reader as by the parser of the package; first byte: protocol version',
    seeds: [
      new Uint8Array([4, ...packet.generate({ cmd: 'publish', topic: 'a/b', payload: 'x', qos: 1, messageId: 7 })]),
      new Uint8Array([
        5,
        ...packet.generate(
          {
            cmd: 'publish',
            topic: 'a/b',
            payload: 'x',
            qos: 1,
            messageId: 7,
            properties: { userProperties: { k: 'v' }, subscriptionIdentifier: 3 },
          },
          { protocolVersion: 5 },
        ),
      ]),
      new Uint8Array([
        5,
        ...packet.generate(
          { cmd: 'connack', returnCode: 0, reasonCode: 0, sessionPresent: false, properties: { receiveMaximum: 20 } },
          { protocolVersion: 5 },
        ),
      ]),
      new Uint8Array([4, ...packet.generate({ cmd: 'suback', messageId: 1, granted: [0, 1, 128] })]),
      new Uint8Array([4, 0xd0, 0]),
      new Uint8Array([5, ...packet.generate({ cmd: 'disconnect', reasonCode: 0x8e }, { protocolVersion: 5 })]),
    ],
    maxBytes: 300,
    files: /mqtt-packet|\/src\/connectors\/mqtt\//,
    load: async () => (input) => {
      const parser = packet.parser({ protocolVersion: input[0] === 5 ? 5 : 4 });
      parser.on('error', () => undefined);
      parser.on('packet', (p: Publish) => {
        if (p.cmd !== 'publish') return;
        topicMatches('a/+/#', p.topic);
        packetBytes(p.topic, p.payload, p.qos, p.properties?.userProperties);
      });
      const rest = Buffer.from(input.subarray(1));
      parser.parse(rest.subarray(0, rest.length >> 1));
      parser.parse(rest.subarray(rest.length >> 1));
      const version = input[0] === 5 ? 5 : 4;
      const { seen, heldBytes } = byReader(rest, [rest.length], version);
      hold(heldBytes <= 268_435_460, `${heldBytes} bytes are held`);
      for (const cuts of [[1], [2, 3, 7]]) {
        const cut = byReader(rest, cuts, version).seen;
        // a length that is none ends the walk: what follows is the package's, chunk by chunk
        if (!lengthIsNone(rest)) hold(JSON.stringify(cut) === JSON.stringify(seen), `cut into ${cuts}: ${cut} instead of ${seen}`);
      }
      const want = byParser(rest, version);
      hold(JSON.stringify(seen) === JSON.stringify(want), `${seen} instead of ${want}`);
    },
  },
  {
    name: 'mqtt-topics',
    doc: 'filter, line break, topic: the same answer as by comparing level for level; a wider filter covers what a narrower one does',
    seeds: ['a/+/c\na/b/c', 'a/#\na', '#\n$SYS/x', '$share/g/a/+\na/b', '+/+\n/'],
    words: ['+', '#', '/', '$share/g/', '$SYS', '\n', 'a', 'b'],
    maxBytes: 80,
    files: /\/src\/connectors\/mqtt\/topic/,
    load: async () => (input) => {
      const [filter = '', topic = ''] = textOf(input).split('\n');
      if (filter === '' || topic === '') return;
      let good = true;
      try {
        checkFilter(filter);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        good = false;
      }
      const got = topicMatches(filter, topic);
      if (!good || filter.startsWith('$') || /[+#]/.test(topic)) return;
      hold(got === naiveMatch(filter.split('/'), topic.split('/')), `topicMatches says ${got}`);
      if (covers(filter, topic)) hold(got, `"${filter}" covers the topic but does not match it`);
    },
  },
];

/** @source MQTT 5 §4.7 */
function naiveMatch(filter: readonly string[], topic: readonly string[]): boolean {
  if (topic[0]!.startsWith('$') && (filter[0] === '#' || filter[0] === '+')) return false;
  for (let i = 0; i < filter.length; i++) {
    if (filter[i] === '#') return true;
    if (i >= topic.length || (filter[i] !== '+' && filter[i] !== topic[i])) return false;
  }
  return filter.length === topic.length;
}

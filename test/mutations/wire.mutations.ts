// One-line sabotages of what goes over the wire: the Modbus server, Solarman, Sparkplug, Home Assistant's discovery, and serial requests.
import type { MutationList } from './mutation.ts';

const REQUEST = 'src/connectors/modbus/server/request.ts';
const IMAGE = 'src/connectors/modbus/server/image.ts';
const SOLARMAN = 'src/connectors/modbus/transport/solarman-frame.ts';
const EDGE = 'src/connectors/sparkplug/edge-state.ts';
const HOST = 'src/connectors/sparkplug/host-state.ts';
const PRIMARY = 'src/connectors/sparkplug/primary-host.ts';
const ENTITY = 'src/connectors/mqtt/home-assistant/entity.ts';
const REQUESTS = 'src/connectors/serial/requests.ts';
const STATES = 'src/connectors/serial/request-state.ts';

export const mutations: MutationList = {
  area: 'wire',
  tests: [
    'test/connectors/modbus/server/image.test.ts',
    'test/connectors/modbus/solarman-frame.test.ts',
    'test/connectors/sparkplug/edge-state.test.ts',
    'test/connectors/sparkplug/host-state.test.ts',
    'test/connectors/mqtt/home-assistant-entity.test.ts',
    'test/connectors/serial/requests.test.ts',
  ],
  mutations: [
    { id: 'server-one-register-too-many', file: REQUEST, find: 'MAX_REGISTERS = 125', replace: 'MAX_REGISTERS = 126' },
    { id: 'server-writes-2000-coils', file: REQUEST, find: 'MAX_WRITTEN_BITS = 1968', replace: 'MAX_WRITTEN_BITS = 2000' },
    { id: 'server-reads-behind-the-end', file: REQUEST, find: 'address + count > 0x10000', replace: 'address + count > 0x1ffff' },
    { id: 'server-coil-half-on', file: REQUEST, find: '(fn === 5 && count !== 0 && count !== 0xff00)', replace: 'false' },
    { id: 'server-size-unchecked', file: REQUEST, find: ' || bytes.readUInt8(6) !== size', replace: '' },
    { id: 'server-reply-repeats-data', file: REQUEST, find: 'Buffer.from(request.subarray(0, 6))', replace: 'Buffer.from(request)' },
    { id: 'image-old-value-served', file: IMAGE, find: 'nowMs < untilMs ? (value ?? none) : none', replace: 'value ?? none' },
    { id: 'image-mask-sets-too-much', file: IMAGE, find: '& ~and & 0xffff', replace: '& 0xffff' },
    { id: 'image-writes-what-is-not-writable', file: IMAGE, find: '!point.writable || ', replace: '' },
    { id: 'image-forgets-others', file: IMAGE, find: 'if (served.owner === owner) {', replace: 'if (served.owner !== undefined) {' },
    { id: 'image-leaves-too-early', file: IMAGE, find: '--served.users > 0', replace: '--served.users > 9' },
    { id: 'image-bits-in-place-0', file: IMAGE, find: 'now << (point.bit ?? 0)', replace: 'now' },
    { id: 'solarman-checksum-unchecked', file: SOLARMAN, find: ' && frame[size - 2] === checksum(frame)', replace: '' },
    { id: 'solarman-end-unchecked', file: SOLARMAN, find: 'frame[size - 1] === END && ', replace: '' },
    { id: 'solarman-sequence-kept', file: SOLARMAN, find: '((frame.sequence + 1) & 0xff)', replace: '(frame.sequence & 0xff)' },
    { id: 'solarman-other-kinds', file: SOLARMAN, find: ' || payload[0] !== FRAME_KIND_INVERTER', replace: '' },
    { id: 'edge-wraps-at-255', file: EDGE, find: '(this.seq + 1) % 256', replace: '(this.seq + 1) % 2' },
    { id: 'edge-birth-not-at-0', file: EDGE, find: '    this.seq = 0;\n    return [', replace: '    return [' },
    { id: 'edge-past-becomes-now', file: EDGE, find: 'if (!historical || known.value === null) {', replace: 'if (known) {' },
    { id: 'edge-room-not-given-back', file: EDGE, find: '    this.count -= metrics.size;\n', replace: '' },
    { id: 'edge-one-alias', file: EDGE, find: 'this.nextAlias++', replace: 'this.nextAlias' },
    { id: 'edge-device-not-born', file: EDGE, find: 'let changed = isNew;', replace: 'let changed = false;' },
    { id: 'host-old-aliases', file: HOST, find: '    node.aliases.clear();\n', replace: '' },
    { id: 'host-devices-live-on', file: HOST, find: '    node.devices.clear();\n', replace: '' },
    { id: 'host-will-of-before', file: HOST, find: 'bd !== node.bdSeq) return;', replace: 'bd === 999n) return;' },
    { id: 'host-alias-of-another', file: HOST, find: 'known?.device === device ? known : undefined', replace: 'known' },
    { id: 'host-past-becomes-now', file: HOST, find: 'if (!m.historical) device.metrics.set', replace: 'device.metrics.set' },
    { id: 'host-asks-again-and-again', file: HOST, find: ' || nowMs - node.askedAtMs < REBIRTH_EVERY_MS', replace: '' },
    { id: 'primary-any-host', file: PRIMARY, find: '!stateTopics(host).includes(topic)', replace: "!topic.includes('STATE/')" },
    { id: 'primary-text-is-online', file: PRIMARY, find: "typeof online === 'boolean'", replace: 'online !== undefined' },
    { id: 'entity-shared-id', file: ENTITY, find: "return plain === name && plain !== '' ?", replace: 'return plain.length >= 0 ?' },
    {
      id: 'entity-expires-early',
      file: ENTITY,
      find: 'Math.ceil(props.expireAfterMs / 1000)',
      replace: 'Math.floor(props.expireAfterMs / 1000)',
    },
    {
      id: 'entity-other-will',
      file: ENTITY,
      find: 'payload_not_available: device.availability.offline',
      replace: "payload_not_available: 'offline'",
    },
    { id: 'entity-last-state-class', file: ENTITY, find: 'facts.states[0]', replace: 'facts.states.at(-1)' },
    {
      id: 'serial-expect-is-a-pattern',
      file: REQUESTS,
      find: 'fill(expect, columns, where, RE2JS.quote)',
      replace: 'fill(expect, columns, where)',
    },
    { id: 'serial-half-a-byte', file: REQUESTS, find: '/^([0-9a-fA-F]{2})+$/', replace: '/^[0-9a-fA-F]+$/' },
    { id: 'serial-noise-sets-aside', file: STATES, find: 's.failures > NOISE_FAILURES ? nowMs + restMs : 0', replace: 'nowMs + restMs' },
    { id: 'serial-failing-since-now', file: STATES, find: 's.failingSinceMs ??= nowMs;', replace: 's.failingSinceMs = nowMs;' },
  ],
};

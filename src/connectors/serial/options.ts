// Properties of serial sources and sinks: port, line, framing, decoding, polling. Read by source.ts and sink.ts.
import { type OptionSpec, type Props, parseOptions } from '../../contract/props.ts';
import { checkSelector, type LineSettings, lineOptions, type PortSelector, selectorOptions, toLineSettings } from '../port/index.ts';
import { type FramingDefinition, framings } from './framing/index.ts';
import { type Preset, type PresetProps, presets } from './presets/index.ts';

const framingOption: OptionSpec = {
  name: 'framing',
  type: 'string',
  default: 'delimiter',
  oneOf: framings.map((f) => f.name),
  doc: `How the bytes are cut into frames. ${framings.map((f) => `${f.name}: ${f.doc}`).join(' ')}`,
};

/** Options of all framings, each name once. What is required, the default and the bounds are the chosen framing's own (parsePortProps):
 *  here they stand only where all framings agree. */
const anyFraming: readonly OptionSpec[] = [...new Set(framings.flatMap((f) => f.options.map((o) => o.name)))].map((name) => {
  const users = framings.flatMap((f) => f.options.filter((o) => o.name === name).map((o) => ({ framing: f.name, o })));
  const { required: _, default: fallback, min, max, ...rest } = users[0]!.o;
  const agree = (key: 'default' | 'min' | 'max') => users.every(({ o }) => o[key] === users[0]!.o[key]);
  const defaults = users.map(({ framing, o }) => `${framing} ${o.required ? 'none' : String(o.default)}`).join(', ');
  return {
    ...rest,
    ...(agree('default') ? { default: fallback } : {}),
    ...(agree('min') && min !== undefined ? { min } : {}),
    ...(agree('max') && max !== undefined ? { max } : {}),
    doc: `${usedBy(name)}: ${rest.doc}${agree('default') ? '' : ` Default: ${defaults}.`}`,
  };
});

export const portOptions: readonly OptionSpec[] = [...selectorOptions, ...lineOptions];

const presetOptions: readonly OptionSpec[] = [
  {
    name: 'preset',
    type: 'string',
    default: '',
    oneOf: ['', ...presets.map((p) => p.name)],
    doc: `Kind of instrument, instead of framing, pattern, layout and FORMAT; the line has its usual speed unless given. ${presets.map((p) => `${p.name}: ${p.doc}`).join(' ')}`,
  },
  { name: 'sentences', type: 'string[]', default: [], doc: 'preset nmea0183: the sentences that are wanted (GGA, RMC). Empty: all.' },
  {
    name: 'withoutChecksum',
    type: 'bool',
    default: false,
    doc: 'preset dsmr: take telegrams without a checksum (DSMR 2 and 3 have none). A damaged one may then give wrong values.',
  },
  {
    name: 'meters',
    type: 'any',
    default: [],
    doc: 'preset mbus: primary addresses that are asked in turn, every pollInterval. preset iec62056-21: addresses of the meters; empty: whichever answers.',
    example: [1, 2],
  },
];

export const sourceOptions: readonly OptionSpec[] = [
  ...portOptions,
  ...presetOptions,
  framingOption,
  ...anyFraming,
  {
    name: 'pattern',
    type: 'string',
    default: '',
    doc: 'Decodes text frames: named groups become columns; a group name that ends in __int or __float gives a number. Instead of FORMAT.',
    example: '^(?P<sign>[+-])(?P<weight__float>[0-9.]+)kg$',
  },
  {
    name: 'layout',
    type: 'object[]',
    default: [],
    doc: 'Decodes binary frames: fields with name, offset, type (uint8 … int64, int24, int48, bcd8 … bcd64, float32, float64, bool, string, bytes; number and hex: digits as text, with length), byteOrder, scale, add, length, bit, bits. Instead of FORMAT.',
    example: [{ name: 'temperature', offset: 2, type: 'int16', scale: 0.1 }],
  },
  {
    name: 'requests',
    type: 'object[]',
    default: [],
    doc: 'Asks the instrument: each has send (text with escapes, framed like a sink writes) or hex (bytes as they are), expect (a pattern that the answer must fit, {{.member}} is filled in), name, and each (a list of objects: the request is sent once for each, {{.member}} is filled in and the members are added to the row, or to meta() when FORMAT decodes).',
    example: [{ name: 'weight', send: 'MSV?;' }],
  },
  { name: 'pollInterval', as: 'pollMs', type: 'duration', default: 1000, min: 1, doc: 'Pause from one round of requests to the next.' },
  { name: 'timeout', as: 'timeoutMs', type: 'duration', default: 1000, min: 1, doc: 'How long an answer is waited for.' },
  { name: 'retries', type: 'int', default: 2, min: 0, max: 100, doc: 'How often a request without an answer is sent again.' },
  {
    name: 'quietTime',
    as: 'quietMs',
    type: 'duration',
    min: 0,
    doc: 'After a request without an answer the line is left silent so long (from the request on), so that a late answer is not taken for the answer to the next one. Ends when the late answer comes. Not needed before requests with expect, and before those whose answers hold a member of each as a column. Default: 5 time-outs, 5 s at the least.',
    advanced: true,
  },
  {
    name: 'turnaround',
    as: 'turnaroundMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Pause between an answer and the next request.',
    advanced: true,
  },
];

export const sinkOptions: readonly OptionSpec[] = [
  ...portOptions,
  framingOption,
  ...anyFraming,
  {
    name: 'severalFrames',
    type: 'bool',
    default: false,
    doc: 'A payload may be read as several frames (lines of a batch). Otherwise such a payload is refused: a value that holds the end of a frame would be a command of its own.',
  },
];

export interface PortProps {
  selector: PortSelector;
  line: LineSettings;
  framing: FramingDefinition;
  framingOptions: Record<string, unknown>;
  parsed: Record<string, any>;
  preset?: { readonly kind: Preset; readonly props: PresetProps };
}

/** @param datasource taken as `port` when there is none  @throws with every wrong option named */
export function parsePortProps(component: string, specs: readonly OptionSpec[], raw: Props, datasource = ''): PortProps {
  const parsed = parseOptions(component, specs, raw);
  const selector: PortSelector = {
    port: parsed['port'] || datasource,
    vendorId: parsed['vendorId'],
    productId: parsed['productId'],
    serialNumber: parsed['serialNumber'],
  };
  if (parsed['port'] === '' && (selector.vendorId || selector.productId || selector.serialNumber)) selector.port = '';
  checkSelector(selector);
  const preset = presetOf(component, parsed, raw);
  if (preset) {
    const line = toLineSettings(parsed);
    return { selector, line, framing: preset.kind.framing(preset.props), framingOptions: {}, parsed, preset };
  }
  const framing = framings.find((f) => f.name === String(parsed['framing']).toLowerCase())!;
  const framingOptions = parseOptions(`${component}, framing ${framing.name}`, framing.options, raw);
  framing.create(framingOptions, () => undefined); // wrong options are named now, not at the first byte
  return { selector, line: toLineSettings(parsed), framing, framingOptions, parsed };
}

/** A list of numbers or texts, or a text with commas. */
function metersOf(component: string, value: unknown): string[] {
  const list = Array.isArray(value) ? value : String(value).split(',');
  if (list.some((m) => typeof m !== 'string' && typeof m !== 'number'))
    throw new Error(`${component}: property meters: a list of addresses`);
  return list.map((m) => String(m).trim()).filter((m) => m !== '');
}

/** The preset, with the line that it has unless the user says something about it. @throws Error when it meets what it replaces */
function presetOf(component: string, parsed: Record<string, any>, raw: Props): PortProps['preset'] {
  const name = String(parsed['preset'] ?? '').toLowerCase();
  const kind = presets.find((p) => p.name === name);
  if (!kind) return undefined;
  const given = new Set(Object.entries(raw).flatMap(([k, v]) => (v === undefined || v === null || v === '' ? [] : [k.toLowerCase()])));
  const clash = ['framing', 'pattern', 'layout'].find((k) => given.has(k));
  if (clash !== undefined) throw new Error(`${component}: properties preset and ${clash} exclude each other`);
  if (!given.has('baudrate')) parsed['baudRate'] = kind.line.baudRate;
  if (!['mode', 'databits', 'parity', 'stopbits'].some((k) => given.has(k))) parsed['mode'] = kind.line.mode;
  return {
    kind,
    props: { sentences: parsed['sentences'], withoutChecksum: parsed['withoutChecksum'], meters: metersOf(component, parsed['meters']) },
  };
}

function usedBy(option: string): string {
  return framings
    .filter((f) => f.options.some((o) => o.name === option))
    .map((f) => f.name)
    .join(', ');
}

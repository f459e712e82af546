// Device profiles: register maps as YAML in etc/sources/modbus/<profile>.yaml. Parsed once; every error names file, line and point.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { parseDurationMs } from '../../contract/props.ts';
import type { ReadFunction } from './frame.ts';
import { type Meaning, meaningKeys, parseMeaning } from './point-meaning.ts';
import { type About, parseAbout } from './profile-about.ts';
import { type DeviceDefaults, fillParameters, isDateType, parseApart, parseDefaults, parseSum, type Term } from './profile-values.ts';
import { type ByteOrder, byteOrders, isByteOrder, registersOf, type ValueType, valueTypes } from './value-types.ts';

export interface Point {
  readonly name: string;
  readonly fn: ReadFunction;
  /** 0-based, as on the wire. */
  readonly address: number;
  readonly registers: number;
  readonly type: ValueType;
  readonly order: ByteOrder;
  /** Bit field: lowest bit and number of bits of an integer. */
  readonly bit: number | undefined;
  readonly bits: number;
  readonly scale: number;
  readonly offset: number;
  readonly unit: string;
  /** Name of its interval class. */
  readonly interval: string;
  /** Smallest change that is reported. */
  readonly deadband: number;
  readonly onChange: boolean;
  readonly writable: boolean;
  readonly line: number;
  /** What its numbers mean beyond their type. */
  readonly meaning?: Meaning | undefined;
  /** Point that holds the power of ten of its scale; read in the same request. */
  readonly factor?: Point | undefined;
  /** Its registers, when they do not lie in a row; `address` is the lowest. */
  readonly apart?: readonly number[] | undefined;
  /** It is a sum of other points, and has no registers. */
  readonly sum?: readonly Term[] | undefined;
}

export interface Profile {
  readonly file: string;
  /** Which device it is for, and where its numbers come from. */
  readonly about?: About | undefined;
  readonly points: readonly Point[];
  /** Interval classes, ms. The class `default` is the stream's interval. */
  readonly intervalsMs: Readonly<Record<string, number>>;
  /** What the device needs, unless the stream says otherwise. */
  readonly defaults?: DeviceDefaults;
  readonly limits: {
    /** Registers and coils in one request. */
    readonly maxRegisters: number;
    readonly maxCoils: number;
    /** Unused registers that may be read between two points. */
    readonly maxGap: number;
  };
}

const functions: Readonly<Record<string, ReadFunction>> = { coil: 1, coils: 1, discrete: 2, input: 4, holding: 3 };
/** First digit of 40001 notation. */
const modiconBase: Readonly<Record<ReadFunction, number>> = { 1: 0, 2: 1, 3: 4, 4: 3 };
const pointKeys = new Set([
  'name',
  'function',
  'address',
  'type',
  'order',
  'bit',
  'bits',
  'registers',
  'scale',
  'offset',
  'unit',
  'interval',
  'deadband',
  'onChange',
  'writable',
  'scaleFrom',
  'sum',
  ...meaningKeys,
]);
/** Columns that rows of a device have beside its points. */
const RESERVED = new Set(['device']);
const limitKeys = new Set(['maxRegisters', 'maxCoils', 'maxGap']);
const profileKeys = new Set([
  'addressing',
  'order',
  'limits',
  'intervals',
  'points',
  'notAvailable',
  'about',
  'extends',
  'without',
  'parameters',
  'defaults',
]);

export interface ProfileContext {
  /** Of the stream. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** Reads the profile that another one extends. @throws Error */
  base?(name: string): Profile;
}

/** @throws Error `file:line: point "x": what and how to cure it` (all problems of the file, one a line) */
export function parseProfile(text: string, file: string, context: ProfileContext = {}): Profile {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines });
  const problems: string[] = [];
  const at = (node: unknown): number => {
    const range = (node as Node | undefined)?.range;
    return range ? lines.linePos(range[0]).line : 1;
  };
  const bad = (node: unknown, what: string) => problems.push(`${file}:${at(node)}: ${what}`);
  for (const e of doc.errors) problems.push(`${file}:${e.linePos?.[0].line ?? 1}: ${e.message.split('\n')[0]}`);
  if (problems.length || !isMap(doc.contents))
    throw new Error(problems.length ? problems.join('\n') : `${file}:1: a profile is a map with the key points`);
  fillParameters(doc, context.parameters ?? {}, bad);
  const root = doc.contents as YAMLMap;
  const base = baseOf(root, context, bad);
  for (const pair of root.items)
    if (isScalar(pair.key) && !profileKeys.has(String(pair.key.value)))
      bad(pair.key, `unknown key "${String(pair.key.value)}"; known are ${[...profileKeys].join(', ')}`);

  const addressing = String(root.get('addressing') ?? 'zero');
  if (addressing !== 'zero' && addressing !== 'modicon')
    bad(root.get('addressing', true), `addressing "${addressing}": write zero (0-based, as on the wire) or modicon (40001 notation)`);
  const orderOf = (v: unknown, node: unknown, who: string): ByteOrder => {
    const order = String(v).toUpperCase();
    if (!isByteOrder(order))
      bad(node, `${who}order "${String(v)}": use ${byteOrders.join(', ')}, or a letter for each of 6 or 8 bytes, as in EFGHABCD`);
    return order as ByteOrder;
  };
  const defaultOrder = root.has('order') ? orderOf(root.get('order'), root.get('order', true), '') : 'ABCD';
  const number = (map: YAMLMap, key: string, fallback: number, min: number, max: number, who: string, whole = false): number => {
    if (!map.has(key)) return fallback;
    const v = map.get(key);
    if (typeof v !== 'number' || !(v >= min && v <= max) || (whole && !Number.isInteger(v))) {
      bad(map.get(key, true), `${who}${key} "${String(v)}": a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
      return fallback;
    }
    return v;
  };
  const flag = (map: YAMLMap, key: string, who: string): boolean => {
    const v = map.get(key) ?? false;
    if (typeof v !== 'boolean') bad(map.get(key, true), `${who}${key} "${String(v)}": true or false`);
    return v === true;
  };
  const limitsMap = root.get('limits');
  if (isMap(limitsMap)) {
    for (const pair of limitsMap.items)
      if (isScalar(pair.key) && !limitKeys.has(String(pair.key.value)))
        bad(pair.key, `limits: unknown key "${String(pair.key.value)}"; known are ${[...limitKeys].join(', ')}`);
  } else if (root.has('limits')) bad(root.get('limits', true), `limits: a map of ${[...limitKeys].join(', ')}`);
  const limits = isMap(limitsMap)
    ? {
        maxRegisters: number(limitsMap, 'maxRegisters', 125, 1, 125, 'limits: ', true),
        maxCoils: number(limitsMap, 'maxCoils', 2000, 1, 2000, 'limits: ', true),
        maxGap: number(limitsMap, 'maxGap', 0, 0, 124, 'limits: ', true),
      }
    : (base?.limits ?? { maxRegisters: 125, maxCoils: 2000, maxGap: 0 });
  const intervalsMs: Record<string, number> = Object.assign(Object.create(null), base?.intervalsMs);
  const intervals = root.get('intervals');
  if (isMap(intervals))
    for (const pair of intervals.items) {
      const name = String(isScalar(pair.key) ? pair.key.value : pair.key);
      const v = isScalar(pair.value) ? pair.value.value : undefined;
      try {
        intervalsMs[name] = parseDurationMs(v);
        if (!(intervalsMs[name] > 0)) throw new Error('it must be above 0');
      } catch (error) {
        bad(pair.value, `interval ${name}: ${(error as Error).message}`);
      }
    }
  else if (root.has('intervals')) bad(root.get('intervals', true), 'intervals: a map of name: duration, as in fast: 200ms');

  const about = parseAbout(root, bad);
  const points: Point[] = [];
  const factors: { name: string; of: string; node: unknown }[] = [];
  const names = new Map<string, number>();
  const list = root.get('points');
  // a profile that extends another one may bring other limits, defaults or parameters only
  const extendsOnly = base !== undefined && !root.has('points');
  if (extendsOnly) inherit(base, points, root, bad);
  else if (!isSeq(list) || list.items.length === 0) bad(root.get('points', true), 'points: a list of at least one point is needed');
  else
    list.items.forEach((item, index) => {
      const line = at(item);
      if (!isMap(item)) {
        bad(item, `point ${index + 1} is not a map`);
        return;
      }
      const name = item.get('name');
      const who = `point "${typeof name === 'string' ? name : index + 1}": `;
      const before = problems.length;
      for (const pair of item.items)
        if (isScalar(pair.key) && !pointKeys.has(String(pair.key.value)))
          bad(pair.key, `${who}unknown key "${String(pair.key.value)}"; known are ${[...pointKeys].join(', ')}`);
      if (typeof name !== 'string' || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        bad(item.get('name', true) ?? item, `${who}name must be letters, digits and _, beginning with a letter`);
      else if (RESERVED.has(name)) bad(item.get('name', true), `${who}the name ${name} is a column of the gateway's own; choose another`);
      else if (names.has(name)) bad(item.get('name', true), `${who}the name is used in line ${names.get(name)} already`);
      else names.set(name, line);
      if (item.has('sum')) {
        const sum = parseSum(item, (node, what) => bad(node ?? item, `${who}${what}`));
        const interval = String(item.get('interval') ?? 'default');
        if (sum && problems.length === before)
          points.push({ ...SUM_POINT, name: name as string, sum, interval, unit: String(item.get('unit') ?? ''), line });
        return;
      }
      const fnName = String(item.get('function') ?? 'holding').toLowerCase();
      const fn = Object.hasOwn(functions, fnName) ? functions[fnName] : undefined;
      if (!fn) bad(item.get('function', true), `${who}function "${fnName}": use coil, discrete, holding or input`);
      const isBit = fn === 1 || fn === 2;
      const type = String(item.get('type') ?? (isBit ? 'bool' : 'int16')).toLowerCase() as ValueType;
      if (!valueTypes.includes(type)) bad(item.get('type', true), `${who}type "${type}": use ${valueTypes.join(', ')}`);
      else if (isBit && type !== 'bool') bad(item.get('type', true), `${who}coils and discrete inputs are of type bool`);
      const registers =
        type === 'string'
          ? number(item, 'registers', 0, 1, 125, who, true)
          : isBit
            ? 1
            : (registersOf[type as Exclude<ValueType, 'string'>] ?? 1);
      if (type === 'string' && !item.has('registers')) bad(item, `${who}a string needs registers (its length)`);
      const apart = parseApart(item.get('address'));
      if (
        apart &&
        (apart.length !== registers ||
          isBit ||
          type === 'string' ||
          addressing === 'modicon' ||
          apart.some((a) => !(a >= 0 && a <= 65_535)))
      )
        bad(item.get('address', true), `${who}address: a list has one 0-based address for each of the ${registers} registers of ${type}`);
      const rawAddress = apart ? Math.min(...apart, 65_535) : item.get('address');
      let address = typeof rawAddress === 'number' ? rawAddress : Number.NaN;
      if (fn && addressing === 'modicon' && Number.isInteger(address)) {
        const digits = String(address).padStart(5, '0');
        const base = modiconBase[fn];
        const rest = Number(digits.slice(1));
        if (Number(digits[0]) !== base || rest < 1)
          bad(
            item.get('address', true),
            `${who}address ${rawAddress} does not belong to function ${fnName}: in 40001 notation it begins with ${base}, as in ${base}0001`,
          );
        address = rest - 1;
      }
      if (!Number.isInteger(address) || address < 0 || address + registers > 65_536)
        bad(
          item.get('address', true) ?? item,
          `${who}address "${String(rawAddress)}": a whole number from 0 to 65535 is needed${addressing === 'zero' ? ' (0-based; for 40001 notation set addressing: modicon)' : ''}`,
        );
      const order = item.has('order') ? orderOf(item.get('order'), item.get('order', true), who) : defaultOrder;
      const bit = item.has('bit') ? number(item, 'bit', 0, 0, 63, who, true) : undefined;
      const bits = number(item, 'bits', 1, 1, 32, who, true);
      if (bit !== undefined && (isBit || !/^u?int/.test(type) || bit + bits > registers * 16))
        bad(item.get('bit', true), `${who}bit ${bit}: bits are taken of integers, within their ${registers * 16} bits`);
      const interval = String(item.get('interval') ?? 'default');
      if (interval !== 'default' && !Object.hasOwn(intervalsMs, interval))
        bad(
          item.get('interval', true),
          `${who}interval "${interval}" is not in intervals (${Object.keys(intervalsMs).join(', ') || 'none given'})`,
        );
      const writable = flag(item, 'writable', who);
      if (writable && (apart || isDateType(type))) bad(item.get('writable', true), `${who}registers apart and dates cannot be written`);
      if (apart && Math.max(...apart) - address >= limits.maxRegisters)
        bad(item.get('address', true), `${who}its registers must be read in one request, and limits allow ${limits.maxRegisters}`);
      if (writable && (fn === 2 || fn === 4)) bad(item.get('writable', true), `${who}${fnName} cannot be written`);
      const scale = number(item, 'scale', 1, -1e12, 1e12, who);
      if (scale === 0) bad(item.get('scale', true), `${who}scale 0 would make every value 0`);
      const onChange = flag(item, 'onChange', who);
      const offset = number(item, 'offset', 0, -1e15, 1e15, who);
      const deadband = number(item, 'deadband', 0, 0, 1e15, who);
      if (!isBit && registers > limits.maxRegisters)
        bad(
          item.get('type', true) ?? item,
          `${who}it takes ${registers} registers, and limits allow ${limits.maxRegisters} in one request`,
        );
      if (order.length > 4 && order.length !== registers * 2)
        bad(item.get('order', true), `${who}order ${order} is for ${order.length} bytes, and ${type} has ${registers * 2}`);
      const meaning = parseMeaning(item, type, root.get('notAvailable'), (node, what) => bad(node ?? item, `${who}${what}`));
      const scaleFrom = item.get('scaleFrom');
      if (item.has('scaleFrom')) {
        if (item.has('scale')) bad(item.get('scale', true), `${who}scale and scaleFrom exclude each other`);
        if (isBit || !/^(u?int|float|bcd)/.test(type)) bad(item.get('scaleFrom', true), `${who}scaleFrom is for numbers, not for ${type}`);
        factors.push({ name: String(name), of: String(scaleFrom), node: item.get('scaleFrom', true) ?? item });
      }
      if (problems.length > before) return;
      points.push({
        name: name as string,
        fn: fn!,
        address,
        registers,
        type,
        order,
        bit,
        bits,
        scale,
        offset,
        unit: String(item.get('unit') ?? ''),
        interval,
        deadband,
        onChange,
        writable,
        line,
        ...(meaning ? { meaning } : {}),
        ...(apart ? { apart } : {}),
      });
    });
  if (!extendsOnly) inherit(base, points, root, bad);
  for (const { name, sum, interval, line } of points.filter((p) => p.sum))
    for (const term of sum!) {
      const part = points.find((p) => p.name === term.name);
      const wrong = !part
        ? 'there is no such point'
        : part.sum
          ? 'it is a sum itself'
          : part.interval !== interval
            ? 'it is read in another interval'
            : '';
      if (wrong) problems.push(`${file}:${line}: point "${name}": sum of ${term.name}: ${wrong}`);
    }
  for (const { name, of, node } of factors) {
    const who = `point "${name}": scaleFrom "${of}"`;
    const index = points.findIndex((p) => p.name === name);
    const point = points[index];
    const factor = points.find((p) => p.name === of);
    if (!point) continue;
    const first = Math.min(point.address, factor?.address ?? 0);
    const end = Math.max(point.address + point.registers, factor ? factor.address + factor.registers : 0);
    if (!factor) bad(node, `${who}: there is no such point`);
    else if (!/^u?int/.test(factor.type) || factor.bit !== undefined) bad(node, `${who}: the factor must be an integer (a power of ten)`);
    else if (factor.fn !== point.fn || end - first > limits.maxRegisters)
      bad(
        node,
        `${who}: value and factor must be read in one request, and these are ${factor.fn === point.fn ? `${end - first} registers apart (limit ${limits.maxRegisters})` : 'of different functions'}`,
      );
    else points[index] = { ...point, factor };
  }
  if (problems.length) throw new Error(problems.join('\n'));
  const defaults = { ...base?.defaults, ...parseDefaults(root, bad) };
  if (problems.length) throw new Error(problems.join('\n'));
  const whose = about ?? base?.about;
  return { file, ...(whose ? { about: whose } : {}), points, intervalsMs, limits, defaults };
}

type Bad = (node: unknown, what: string) => void;

/** A point without registers of its own. */
const SUM_POINT = {
  fn: 3,
  address: 0,
  registers: 0,
  type: 'float64',
  order: 'ABCD',
  bit: undefined,
  bits: 1,
  scale: 1,
  offset: 0,
  deadband: 0,
  onChange: false,
  writable: false,
} as const;

/** The profile that is extended. */
function baseOf(root: YAMLMap, context: ProfileContext, bad: Bad): Profile | undefined {
  if (!root.has('extends')) return undefined;
  const name = String(root.get('extends'));
  try {
    if (!context.base) throw new Error('other profiles cannot be read here');
    return context.base(name);
  } catch (error) {
    bad(root.get('extends', true), `extends ${name}: ${(error as Error).message.split('\n')[0]}`);
    return undefined;
  }
}

/** Points of the base that are neither left out nor written anew come first. */
function inherit(base: Profile | undefined, points: Point[], root: YAMLMap, bad: Bad): void {
  const without = root.get('without');
  const left = new Set(isSeq(without) ? without.items.map((i) => String(isScalar(i) ? i.value : i)) : []);
  if (root.has('without') && (!base || !isSeq(without)))
    bad(root.get('without', true), 'without: a list of points of the profile that is extended');
  for (const name of left)
    if (base && !base.points.some((p) => p.name === name)) bad(root.get('without', true), `without: ${base.file} has no point ${name}`);
  const own = new Set(points.map((p) => p.name));
  points.unshift(...(base?.points.filter((p) => !left.has(p.name) && !own.has(p.name)) ?? []));
}

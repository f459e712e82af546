// Templates of evcc: YAML whose key `render` is a template of YAML again. Its actions ({{ … }}) are taken out, every branch is read. Called by index.ts.
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { ValueType } from '../value-types.ts';
import {
  exact,
  type ImportedMap,
  type ImportedPoint,
  isJsonMap,
  type JsonMap,
  listOf,
  numberOf,
  plainName,
  type Unsaid,
} from './imported.ts';

/** Stands where a template puts a parameter. */
const PARAMETER = '__parameter__';
const WORDS: Readonly<Record<string, ValueType>> = {
  int16: 'int16',
  uint16: 'uint16',
  bool16: 'bool',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  float32: 'float32',
  ieee754: 'float32',
  float64: 'float64',
};
const KINDS: Readonly<Record<string, ImportedMap['kind']>> = { grid: 'meter', pv: 'inverter', battery: 'battery', charge: 'charger' };

interface Found {
  readonly points: ImportedPoint[];
  readonly unsaid: Unsaid[];
  readonly remarks: Unsaid[];
}

export function readEvcc(root: JsonMap, id: string): ImportedMap {
  const found: Found = { points: [], unsaid: [], remarks: [] };
  const { text, usages } = withoutActions(String(root['render'] ?? ''));
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const error = doc.errors[0];
  if (error)
    found.unsaid.push({
      point: 'render',
      reason: `line ${error.linePos?.[0].line ?? 1} is not YAML without its actions: ${error.message.split('\n')[0]}`,
    });
  const usageOf = (node: unknown): string => {
    const range = (node as Node | undefined)?.range;
    return range ? (usages[lines.linePos(range[0]).line - 1] ?? '') : '';
  };
  if (isMap(doc.contents)) walk(doc.contents, [], found, usageOf);
  const product = listOf(root['products']).filter(isJsonMap)[0];
  const description = isJsonMap(product?.['description']) ? product['description'] : {};
  const usage = listOf(
    listOf(root['params'])
      .filter(isJsonMap)
      .find((p) => p['name'] === 'usage')?.['choice'],
  )[0];
  return {
    id: plainName(String(root['template'] ?? id), '-'),
    maker: String(product?.['brand'] ?? ''),
    model: String(description['generic'] ?? description['en'] ?? root['template'] ?? id),
    kind: KINDS[String(usage)] ?? 'other',
    ...found,
  };
}

/** Lines of actions become empty, so that line numbers stay; actions within a line become a parameter.
 *  @returns for each line the `usage` of the branch it lies in */
function withoutActions(text: string): { text: string; usages: string[] } {
  const stack: string[] = [];
  const usages: string[] = [];
  const out = text.split('\n').map((line) => {
    for (const [, action] of line.matchAll(/\{\{-?\s*(.*?)\s*-?\}\}/g)) {
      const usage = /\.usage "(\w+)"/.exec(action!)?.[1];
      if (/^(if|range|with|define)\b/.test(action!)) stack.push(usage ?? '');
      else if (/^else\b/.test(action!) && stack.length > 0) stack[stack.length - 1] = usage ?? '';
      else if (/^end\b/.test(action!)) stack.pop();
    }
    usages.push(stack.findLast((u) => u !== '') ?? '');
    const bare = line.replace(/\{\{.*?\}\}/g, '');
    if (bare.trim() === '' || /^\s*#/.test(bare)) return '';
    return line.replace(/\{\{-?\s*(if|else|end|with|range)\b.*?\}\}/g, '').replace(/\{\{.*?\}\}/g, PARAMETER);
  });
  return { text: out.join('\n'), usages };
}

function walk(map: YAMLMap, path: readonly string[], found: Found, usageOf: (node: unknown) => string): void {
  const entry = (key: string): Pair | undefined => map.items.find((p) => isScalar(p.key) && p.key.value === key);
  const scalar = (key: string): unknown => {
    const v = entry(key)?.value;
    return isScalar(v) ? v.value : undefined;
  };
  const usage = usageOf(map);
  const label = [usage, ...path].filter((p) => p !== '' && p !== 'source').join(' ') || 'value';
  const register = entry('register')?.value;
  if (isMap(register)) readRegister(register, scalar('scale'), label, found);
  else if (scalar('source') === 'sunspec' || (scalar('source') === 'modbus' && scalar('value') !== undefined))
    found.unsaid.push({
      point: label,
      reason: `is a SunSpec point (${String(scalar('value') ?? 'of a list')}); its address is found on the device only`,
    });
  else if (scalar('source') === 'modbus') found.unsaid.push({ point: label, reason: 'has no register' });
  if (scalar('type') === 'mbmd')
    found.unsaid.push({ point: label, reason: `its registers are those of the model ${String(scalar('model'))} in another program` });
  const source = scalar('source');
  if (source === 'calc' || source === 'sequence' || source === 'switch' || source === 'watchdog' || source === 'const')
    found.remarks.push({ point: label, reason: `the source ${source} is left out; the registers it uses are points` });
  for (const pair of map.items) {
    const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
    if (key === 'register') continue;
    if (isMap(pair.value)) walk(pair.value, [...path, key], found, usageOf);
    else if (isSeq(pair.value))
      pair.value.items.forEach((item, i) => {
        if (isMap(item)) walk(item, [...path, key, String(i + 1)], found, usageOf);
      });
  }
}

function readRegister(register: YAMLMap, scaleOfSource: unknown, label: string, found: Found): void {
  const leave = (reason: string) => found.unsaid.push({ point: label, reason });
  const get = (key: string): unknown => register.get(key);
  const address = numberOf(get('address'));
  if (address === undefined) {
    leave(
      String(get('address')).includes(PARAMETER)
        ? 'its address is a parameter of the template'
        : `the address "${String(get('address'))}" is not a number`,
    );
    return;
  }
  const way = String(get('type') ?? 'holding').toLowerCase();
  const fn =
    way === 'input'
      ? 'input'
      : /coil/.test(way)
        ? 'coil'
        : /discrete/.test(way)
          ? 'discrete'
          : /holding|writesingle|writemultiple/.test(way)
            ? 'holding'
            : undefined;
  if (!fn) {
    leave(`the type ${way} is unknown`);
    return;
  }
  const word = String(get('encoding') ?? get('decode') ?? (fn === 'coil' || fn === 'discrete' ? 'bool' : '')).toLowerCase();
  const scale = scaleOfSource === undefined ? 1 : numberOf(scaleOfSource);
  if (scale === undefined) {
    leave(`the scale "${String(scaleOfSource).replaceAll(PARAMETER, '{{…}}')}" is a parameter of the template`);
    return;
  }
  const writable = /^write/.test(way);
  if (fn === 'coil' || fn === 'discrete') {
    found.points.push({ label, function: fn, address, writable });
    return;
  }
  const length = numberOf(get('length'));
  if ((word === 'string' || word === 'bytes') && length !== undefined) {
    if (word === 'bytes') leave('bytes have no counterpart');
    else found.points.push({ label, function: fn, address, type: 'string', registers: length });
    return;
  }
  // int32s: words swapped; …nan: SunSpec's values for "not implemented"
  const parts = /^(bool16|u?int(?:16|32|64)|float(?:32|64)|ieee754)(s?)(nan)?(s?)$/.exec(word);
  if (!parts) {
    leave(word === '' ? 'says no encoding' : `the encoding ${word} has no counterpart`);
    return;
  }
  const type = WORDS[parts[1]!]!;
  const mask = numberOf(get('bitmask'));
  const field = mask === undefined ? {} : fieldOf(mask);
  if (!field) {
    leave(`the bitmask 0x${mask!.toString(16)} has holes`);
    return;
  }
  found.points.push({
    label,
    function: fn,
    address,
    type,
    ...(parts[2] || parts[4] ? { order: 'CDAB' } : {}),
    ...field,
    ...(type === 'bool' ? {} : { scale: exact(scale) }),
    ...(parts[3] && !type.startsWith('float') ? { notAvailable: ['sunspec'] } : {}),
    writable,
  });
}

/** The bits of a mask without holes. */
function fieldOf(mask: number): { bit: number; bits: number } | undefined {
  const text = mask.toString(2);
  const bits = text.lastIndexOf('1') + 1;
  return mask > 0 && !text.slice(0, bits).includes('0') ? { bit: text.length - bits, bits } : undefined;
}

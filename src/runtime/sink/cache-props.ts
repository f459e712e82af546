// The enableCache family of a sink (rules.md 5.2) as typed settings, with eKuiper's checks and texts. Used by sink-node.ts and by validation.
import { parseBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { shownValue } from '../../base/shown.ts';
import { MAX_BUFFER_ROWS, type OptionSpec, type Props, parseDurationMs } from '../../contract/props.ts';

export interface CacheProps {
  enableCache: boolean;
  /** Items in memory before they go to disk, with enableCache. */
  memoryRows: number;
  maxDiskRows: number;
  /** Ours: bound of the queue on disk in bytes; undefined = the gateway's. */
  maxDiskBytes: number | undefined;
  pageRows: number;
  /** Fixed pause between tries; 0 = backoff with jitter. */
  resendIntervalMs: number;
  cleanAtStop: boolean;
  alterQueue: boolean;
  priority: -1 | 0 | 1;
  indicatorField: string;
  destination: string;
  /** Ours: stored rows a second at most; 0 = as fast as the sink takes them. */
  resendRate: number;
  /** Ours: tries after the first one until an item is not taken; 0 = for ever. */
  maxRetries: number;
  /** Ours: failures that the peer answered, with other rows being taken, after which a row is not taken; 0 = never. */
  parkAfter: number;
  /** Ours: bound of the parked rows; 0 = rows that are not taken are discarded. */
  maxParkedRows: number;
  /** Ours: items older than this are given up; 0 = never. */
  maxAgeMs: number;
}

const MAX_DISK_BYTES = 1024 ** 4;

/** Their declaration. What is checked together (thresholds and pages) stands in parseCacheProps. */
export const cacheOptions: readonly OptionSpec[] = [
  { name: 'enableCache', type: 'bool', default: false, doc: 'Rows that the sink does not take go to disk as soon as memory is full.' },
  {
    name: 'memoryCacheThreshold',
    as: 'memoryRows',
    type: 'int',
    default: 1024,
    min: 0,
    max: MAX_BUFFER_ROWS,
    doc: 'Rows in memory before they go to disk.',
  },
  { name: 'maxDiskCache', as: 'maxDiskRows', type: 'int', default: 1_024_000, min: 0, max: 1_000_000_000, doc: 'Rows on disk.' },
  {
    name: 'maxDiskCacheBytes',
    as: 'maxDiskBytes',
    type: 'bytes',
    max: MAX_DISK_BYTES,
    doc: 'Size of the queue on disk, e.g. 64MB; not set: 1 GiB.',
  },
  { name: 'bufferPageSize', as: 'pageRows', type: 'int', default: 256, min: 1, max: 100_000, doc: 'Rows that are written at a time.' },
  {
    name: 'resendInterval',
    as: 'resendIntervalMs',
    type: 'duration',
    default: 0,
    min: 0,
    doc: 'Fixed pause between tries; 0 = growing with jitter.',
  },
  { name: 'cleanCacheAtStop', as: 'cleanAtStop', type: 'bool', default: false, doc: 'The queue on disk is discarded when the rule stops.' },
  {
    name: 'resendAlterQueue',
    as: 'alterQueue',
    type: 'bool',
    default: false,
    doc: 'Stored rows are sent beside new ones instead of before them.',
  },
  {
    name: 'resendPriority',
    as: 'priority',
    type: 'int',
    default: 0,
    min: -1,
    max: 1,
    doc: 'Of stored rows: -1 after new ones, 0 with them, 1 before.',
  },
  { name: 'resendIndicatorField', as: 'indicatorField', type: 'string', default: '', doc: 'Column that is true in stored rows.' },
  { name: 'resendDestination', as: 'destination', type: 'string', default: '', doc: 'Where stored rows go instead, e.g. another topic.' },
  {
    name: 'resendRate',
    type: 'int',
    default: 0,
    min: 0,
    doc: 'Stored rows a second at most, with resendAlterQueue; 0 = as fast as the sink takes them.',
  },
  { name: 'maxRetries', type: 'int', default: 0, min: 0, doc: 'Tries after the first one until a row counts as not taken; 0 = for ever.' },
  {
    name: 'parkAfter',
    type: 'int',
    default: 5,
    min: 0,
    doc: 'Failures that the peer answered, with other rows being taken, after which a row counts as not taken; 0 = never.',
  },
  {
    name: 'maxParkedRows',
    type: 'int',
    default: 1000,
    min: 0,
    max: 1_000_000,
    doc: 'Rows that may be parked; 0 = rows that are not taken are discarded.',
  },
  { name: 'maxCacheAge', as: 'maxAgeMs', type: 'duration', default: 0, min: 0, doc: 'Older rows on disk are discarded; 0 = never.' },
];

/** @param defaults section `sink` of kuiper.yaml  @throws Error `invalid cache properties: …` */
export function parseCacheProps(props: Props, defaults: Readonly<Record<string, unknown>>): CacheProps {
  const problems: string[] = [];
  const raw = (name: string): unknown => pick(props, name) ?? pick(defaults, name);
  const int = (name: string, text: string): number => {
    const {
      default: fallback,
      min = -Infinity,
      max = Infinity,
    } = cacheOptions.find((o) => o.name === name) as { default: number; min?: number; max?: number };
    const v = raw(name) ?? fallback;
    const n = typeof v === 'string' && v !== '' ? Number(v) : v;
    if (typeof n !== 'number' || !Number.isSafeInteger(n) || n < min || n > max) {
      problems.push(`${name}:${text}${typeof n === 'number' && n > max ? `, and at most ${max}` : ''}`);
      return fallback;
    }
    return n;
  };
  const bool = (name: string): boolean => {
    const v = raw(name) ?? false;
    if (typeof v !== 'boolean' && v !== 'true' && v !== 'false' && v !== '') problems.push(`${name}:${shownValue(v)} is not true or false`);
    return v === true || v === 'true';
  };
  const duration = (name: string): number => {
    try {
      const ms = parseDurationMs(raw(name) ?? 0);
      if (ms < 0) problems.push(`${name}:${name} must be positive`);
      return ms;
    } catch (error) {
      problems.push(`${name}:${messageOf(error)}`);
      return 0;
    }
  };
  const size = (name: string): number | undefined => {
    const v = raw(name);
    if (v === undefined || v === '') return undefined;
    try {
      const bytes = parseBytes(v);
      if (bytes > MAX_DISK_BYTES) problems.push(`${name}:${shownValue(v)} is above ${MAX_DISK_BYTES}`);
      return bytes;
    } catch (error) {
      problems.push(`${name}:${messageOf(error)}`);
      return undefined;
    }
  };
  const text = (name: string): string => {
    const v = raw(name) ?? '';
    if (typeof v !== 'string') problems.push(`${name}:${shownValue(v)} is not a text`);
    return typeof v === 'string' ? v : '';
  };
  const enableCache = bool('enableCache');
  const memoryRows = int('memoryCacheThreshold', 'memoryCacheThreshold must be positive');
  const maxDiskRows = int('maxDiskCache', 'maxDiskCache must be positive');
  const pageRows = int('bufferPageSize', 'bufferPageSize must be positive');
  if (enableCache && problems.length === 0) {
    if (pageRows > memoryRows)
      problems.push('memoryCacheThresholdTooSmall:memoryCacheThreshold must be greater than or equal to bufferPageSize');
    else if (memoryRows % pageRows !== 0)
      problems.push('memoryCacheThresholdNotMultiple:memoryCacheThreshold must be a multiple of bufferPageSize');
    if (pageRows > maxDiskRows) problems.push('maxDiskCacheTooSmall:maxDiskCache must be greater than bufferPageSize');
    else if (maxDiskRows % pageRows !== 0) problems.push('maxDiskCacheNotMultiple:maxDiskCache must be a multiple of bufferPageSize');
  }
  const priority = int('resendPriority', 'resendPriority must be -1, 0 or 1') as -1 | 0 | 1;
  const resendRate = int('resendRate', 'resendRate must not be negative');
  if (resendRate > 0 && !bool('resendAlterQueue'))
    problems.push('resendRate:resendRate needs resendAlterQueue: true, or new rows would wait behind the stored ones for ever');
  const out: CacheProps = {
    enableCache,
    memoryRows,
    maxDiskRows,
    maxDiskBytes: size('maxDiskCacheBytes'),
    pageRows,
    resendIntervalMs: duration('resendInterval'),
    cleanAtStop: bool('cleanCacheAtStop'),
    alterQueue: bool('resendAlterQueue'),
    priority,
    indicatorField: text('resendIndicatorField'),
    destination: text('resendDestination'),
    resendRate,
    maxRetries: int('maxRetries', 'maxRetries must not be negative'),
    parkAfter: int('parkAfter', 'parkAfter must not be negative'),
    maxParkedRows: int('maxParkedRows', 'maxParkedRows must not be negative'),
    maxAgeMs: duration('maxCacheAge'),
  };
  if (problems.length) throw new Error(`invalid cache properties: ${problems.join('\n')}`);
  return out;
}

/** Property names match case-insensitively. */
function pick(props: Readonly<Record<string, unknown>>, name: string): unknown {
  if (name in props) return props[name] ?? undefined;
  const wanted = name.toLowerCase();
  for (const k of Object.keys(props)) if (k.toLowerCase() === wanted) return props[k] ?? undefined;
  return undefined;
}

// The enableCache family of a sink (rules.md 5.2) as typed settings, with eKuiper's checks and texts. Used by sink-node.ts and by validation.
import { parseBytes } from '../../base/bytes.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type Props, parseDurationMs } from '../../contract/props.ts';

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
  /** Ours: tries after the first one until an item is not taken; 0 = for ever. */
  maxRetries: number;
  /** Ours: failures that the peer answered, with other rows being taken, after which a row is not taken; 0 = never. */
  parkAfter: number;
  /** Ours: bound of the parked rows; 0 = rows that are not taken are discarded. */
  maxParkedRows: number;
  /** Ours: items older than this are given up; 0 = never. */
  maxAgeMs: number;
}

/** @param defaults section `sink` of kuiper.yaml  @throws Error `invalid cache properties: …` */
export function parseCacheProps(props: Props, defaults: Readonly<Record<string, unknown>>): CacheProps {
  const problems: string[] = [];
  const raw = (name: string): unknown => pick(props, name) ?? pick(defaults, name);
  const int = (name: string, fallback: number, check: (n: number) => boolean, text: string): number => {
    const v = raw(name) ?? fallback;
    const n = typeof v === 'string' && v !== '' ? Number(v) : v;
    if (typeof n !== 'number' || !Number.isInteger(n) || !check(n)) {
      problems.push(`${name}:${text}`);
      return fallback;
    }
    return n;
  };
  const bool = (name: string): boolean => raw(name) === true || raw(name) === 'true';
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
      return parseBytes(v);
    } catch (error) {
      problems.push(`${name}:${messageOf(error)}`);
      return undefined;
    }
  };
  const text = (name: string): string => (typeof raw(name) === 'string' ? (raw(name) as string) : '');
  const enableCache = bool('enableCache');
  const memoryRows = int('memoryCacheThreshold', 1024, (n) => n >= 0, 'memoryCacheThreshold must be positive');
  const maxDiskRows = int('maxDiskCache', 1_024_000, (n) => n >= 0, 'maxDiskCache must be positive');
  const pageRows = int('bufferPageSize', 256, (n) => n > 0, 'bufferPageSize must be positive');
  if (enableCache && problems.length === 0) {
    if (pageRows > memoryRows)
      problems.push('memoryCacheThresholdTooSmall:memoryCacheThreshold must be greater than or equal to bufferPageSize');
    else if (memoryRows % pageRows !== 0)
      problems.push('memoryCacheThresholdNotMultiple:memoryCacheThreshold must be a multiple of bufferPageSize');
    if (pageRows > maxDiskRows) problems.push('maxDiskCacheTooSmall:maxDiskCache must be greater than bufferPageSize');
    else if (maxDiskRows % pageRows !== 0) problems.push('maxDiskCacheNotMultiple:maxDiskCache must be a multiple of bufferPageSize');
  }
  const priority = int('resendPriority', 0, (n) => n >= -1 && n <= 1, 'resendPriority must be -1, 0 or 1') as -1 | 0 | 1;
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
    maxRetries: int('maxRetries', 0, (n) => n >= 0, 'maxRetries must not be negative'),
    parkAfter: int('parkAfter', 5, (n) => n >= 0, 'parkAfter must not be negative'),
    maxParkedRows: int('maxParkedRows', 1000, (n) => n >= 0, 'maxParkedRows must not be negative'),
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

// kuiper.yaml to typed settings: shipped defaults, then the user's file, what the owner set (owner-settings.ts), then the environment. Every wrong value is reported with
// file and line (or the variable), key and what is allowed. Called by daemon/main.ts at start and on SIGHUP.
import { join } from 'node:path';
import { parseBytes } from '../base/bytes.ts';
import { parseDurationMs } from '../base/duration.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { LogLevel } from '../base/log.ts';
import { absentSettings, ignoredPaths } from './absent-settings.ts';
import { applyOverrides, type Environment, isMap, keyLike, overridesOf } from './environment.ts';
import { fleetSettings } from './fleet-settings.ts';
import type { Folders } from './folders.ts';
import { parseWindow } from './maintenance-window.ts';
import { mergeLayers } from './merge.ts';
import { OWNER_FILE } from './owner-file.ts';
import { passedSections, type SettingSpec, settingSpecs } from './setting-specs.ts';
import type { Settings, TlsFiles } from './settings.ts';
import { resolveTimeZone } from './time-zone.ts';
import { readYamlFile, type YamlFile, type YamlMap } from './yaml-file.ts';

/** A key of a file that means nothing; it is ignored and logged. */
export interface UnknownKey {
  /** File and line. */
  place: string;
  key: string;
  /** Keys that could stand there, for a "did you mean". */
  candidates: string[];
}

/** A key of eKuiper's that asks for something that does not happen. */
export interface AbsentKey {
  place: string;
  key: string;
  why: string;
}

export interface LoadedSettings {
  settings: Settings;
  unknown: UnknownKey[];
  /** What the files ask for and this version does not do. */
  absent: AbsentKey[];
  /** Files that were read, most general first. */
  files: string[];
  /** File and line, or variable, that a key such as `rule.qos` comes from. */
  placeOf(path: string): string;
  /** The value in effect of a key of setting-specs.ts, in the unit of the typed settings. */
  valueOf(path: string): unknown;
}

/** One source of values with the place of each. */
interface Layer {
  data: YamlMap;
  place(path: readonly string[]): string;
}

/** @param configFile `--config`; default `<root>/etc/kuiper.yaml`, which may be missing
 *  @throws GatewayError CONFIG_FILE, CONFIG_SYNTAX, CONFIG_VALUE */
export function loadSettings(folders: Folders, env: Environment, configFile?: string): LoadedSettings {
  const files = [join(folders.shippedEtc, 'kuiper.yaml'), configFile ?? join(folders.etc, 'kuiper.yaml')];
  const layers: Layer[] = [];
  const read: string[] = [];
  let shipped: YamlFile | undefined;
  for (const [i, file] of files.entries()) {
    const yaml = readYamlFile(file, shipped);
    shipped ??= yaml;
    if (!yaml && i === 1 && configFile !== undefined) throw new GatewayError('CONFIG_FILE', { file, reason: 'no such file' });
    if (!yaml) continue;
    read.push(file);
    layers.push({ data: yaml.data, place: (path) => `${file}:${yaml.lineOf(path)}` });
  }
  const ownerFile = join(folders.etc, OWNER_FILE);
  const owner = configFile === undefined ? readYamlFile(ownerFile, undefined) : undefined;
  if (owner) {
    read.push(ownerFile);
    layers.push({ data: owner.data, place: (path) => `${ownerFile}:${owner.lineOf(path)}` });
  }
  for (const o of overridesOf('kuiper', env))
    layers.push({ data: applyOverrides({}, [o]), place: () => `environment variable ${o.variable}` });
  const unknown = layers.flatMap(unknownKeys);

  const value = (path: string): any => {
    const spec = settingSpecs.find((s) => s.path === path)!;
    for (let i = layers.length - 1; i >= 0; i--) {
      const found = lookUp(layers[i]!.data, path.split('.'));
      if (found && found.value !== null) return convert(spec, found.value, () => layers[i]!.place(found.keys));
    }
    return spec.default;
  };
  const section = (name: keyof typeof passedSections): YamlMap => {
    let merged: YamlMap = {};
    const spelt = new Map<string, string>(passedSections[name].map((k) => [k.toLowerCase(), k]));
    for (const layer of layers) {
      const found = lookUp(layer.data, [name]);
      if (!found || found.value === null) continue;
      if (!isMap(found.value)) throw wrong(layer.place(found.keys), name, 'expected keys below it, indented by two blanks');
      merged = mergeLayers(merged, found.value);
    }
    return Object.fromEntries(Object.entries(merged).map(([k, v]) => [spelt.get(k.toLowerCase()) ?? k, v]));
  };
  const tls = (path: string): TlsFiles | undefined => {
    const certFile: unknown = value(`${path}.certfile`);
    const keyFile: unknown = value(`${path}.keyfile`);
    if (!certFile && !keyFile) return undefined;
    if (!certFile || !keyFile) throw wrong(files[1]!, path, 'needs both certfile and keyfile');
    return { certFile: String(certFile), keyFile: String(keyFile) };
  };

  const zoneOf = (name: string): string => {
    const zone = resolveTimeZone(name, env);
    if (zone === undefined)
      throw wrong(
        placeOf(layers, 'basic.timezone'),
        'basic.timezone',
        name.toLowerCase() === 'local' && env['TZ']
          ? `is the zone of this machine, but the variable TZ="${env['TZ']}" is not the name of a time zone; correct it, or write UTC or a name such as Europe/Berlin`
          : `"${name}" is not the name of a time zone; write UTC or a name such as Europe/Berlin`,
      );
    return zone;
  };
  const windowOf = (text: string) => {
    const window = parseWindow(text);
    if (!window)
      throw wrong(placeOf(layers, 'update.window'), 'update.window', `"${text}" is no window; write times such as 02:00-05:00, or any`);
    return window;
  };
  const aesKey: string | undefined = value('basic.aesKey');
  const keyBytes = aesKey === undefined ? 16 : Buffer.from(aesKey, 'base64').length;
  if (![16, 24, 32].includes(keyBytes))
    throw wrong(placeOf(layers, 'basic.aesKey'), 'basic.aesKey', `the key has ${keyBytes} bytes; it takes 16, 24 or 32, written as base64`);

  const level = value('basic.debug') ? 'debug' : String(value('basic.logLevel')).toLowerCase();
  const settings: Settings = {
    logFiles: { maxBytes: value('basic.rotateSize') as number, keep: value('basic.rotateCount') as number },
    logLevel: (level === 'panic' ? 'fatal' : level) as LogLevel,
    rest: {
      ip: value('basic.restIp'),
      port: value('basic.restPort'),
      tls: tls('basic.restTls'),
      allowedHosts: value('basic.restAllowedHosts'),
      authentication: value('basic.authentication'),
      auditLog: value('basic.enableRestAuditLog'),
    },
    timeZone: zoneOf(value('basic.timezone')),
    rowBudget: {
      maxSteps: value('basic.rowBudget.maxSteps'),
      maxBytes: value('basic.rowBudget.maxBytes'),
      maxTimeMs: value('basic.rowBudget.maxTime'),
    },
    prometheus: { enabled: value('basic.prometheus'), port: value('basic.prometheusPort') },
    runtimeFolder: value('basic.runtimeFolder'),
    ignoreCase: value('basic.ignoreCase'),
    sqlCompatibility: value('basic.sqlCompatibility'),
    strictOptions: value('basic.strictOptions'),
    // eKuiper: less than a second becomes 10 s
    rulePatrolIntervalMs: value('basic.rulePatrolInterval') < 1000 ? 10_000 : value('basic.rulePatrolInterval'),
    aesKey,
    gracefulShutdownMs: Math.max(100, value('basic.gracefulShutdownTimeout')),
    cpuProfile: { enabled: value('basic.ResourceProfileConfig.enable'), intervalMs: value('basic.ResourceProfileConfig.interval') },
    metricsDump: { enabled: value('basic.metricsDumpConfig.enable'), retainedMs: value('basic.metricsDumpConfig.retainedDuration') },
    enablePrivateNet: value('basic.enablePrivateNet'),
    allowExternalFileAccess: value('basic.allowExternalFileAccess'),
    enableInstallScript: value('basic.enableInstallScript'),
    update: { window: windowOf(value('update.window')) },
    plugins: {
      default: value('plugins.default'),
      trust: value('plugins.trust'),
      socket: value('plugins.socket'),
      installer: value('plugins.installer'),
      maxRssMb: value('plugins.maxMemory'),
    },
    backup: {
      everyMs: value('backup.every'),
      places: String(value('backup.to'))
        .split(',')
        .map((p) => p.trim())
        .filter((p) => p !== ''),
      keep: value('backup.keep'),
      passphraseFile: value('backup.passphraseFile'),
      recipientFile: value('backup.recipientFile'),
      withoutSecrets: value('backup.withoutSecrets'),
      state: value('backup.state'),
    },
    portable: { pythonBin: value('portable.pythonBin') },
    dataServer: { ip: value('source.httpServerIp'), port: value('source.httpServerPort'), tls: tls('source.httpServerTls') },
    store: {
      maxQueueBytes: value('store.maxQueueBytes'),
      minFreeBytes: value('store.minFreeBytes'),
      reserveBytes: value('store.reserveBytes'),
    },
    history: {
      maxBytes: value('history.maxBytes'),
      keepValuesMs: value('history.keepValues'),
      keepMinutesMs: value('history.keepMinutes'),
      keepHoursMs: value('history.keepHours'),
      flushMs: value('history.flushInterval'),
      maxNames: value('history.maxFields'),
    },
    fleet: fleetSettings(value),
    rule: section('rule'),
    sink: section('sink'),
  };
  const absent = layers.flatMap(absentKeys);
  return { settings, unknown, absent, files: read, placeOf: (path) => placeOf(layers, path), valueOf: value };
}

function lookUp(data: YamlMap, path: readonly string[]): { value: unknown; keys: string[] } | undefined {
  let at: unknown = data;
  const keys: string[] = [];
  for (const part of path) {
    if (!isMap(at)) return undefined;
    const key = keyLike(at, part);
    if (!Object.hasOwn(at, key)) return undefined;
    keys.push(key);
    at = at[key];
  }
  return { value: at, keys };
}

function absentKeys(layer: Layer): AbsentKey[] {
  return absentSettings.flatMap(({ path, fine, why }) => {
    const found = lookUp(layer.data, path.split('.'));
    if (!found || found.value === null || fine.includes(found.value)) return [];
    return [{ place: layer.place(found.keys), key: path, why }];
  });
}

function placeOf(layers: readonly Layer[], path: string): string {
  for (let i = layers.length - 1; i >= 0; i--) {
    const found = lookUp(layers[i]!.data, path.split('.'));
    if (found) return layers[i]!.place(found.keys);
  }
  return 'kuiper.yaml';
}

function wrong(place: string, key: string, problem: string): GatewayError {
  return new GatewayError('CONFIG_VALUE', { place, key, problem });
}

/** A value of a file or the environment as the setting's type. @throws GatewayError CONFIG_VALUE */
export function convert(spec: SettingSpec, value: unknown, place: () => string): unknown {
  const shown = spec.secret ? '******' : JSON.stringify(value);
  const fail = (what: string): never => {
    throw wrong(place(), spec.path, `${shown} is not ${what}`);
  };
  switch (spec.type) {
    case 'bool':
      return typeof value === 'boolean' ? value : fail('true or false');
    case 'int':
    case 'port': {
      const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof n !== 'number' || !Number.isSafeInteger(n)) return fail('a whole number');
      if (spec.type === 'port' && (n < 0 || n > 65_535)) return fail('a port (0 to 65535)');
      if (spec.min !== undefined && n < spec.min) return fail(`a number of at least ${spec.min}`);
      if (spec.max !== undefined && n > spec.max) return fail(`a number of at most ${spec.max}`);
      return n;
    }
    case 'duration':
      try {
        return parseDurationMs(value);
      } catch (error) {
        throw wrong(place(), spec.path, messageOf(error));
      }
    case 'bytes':
      try {
        return parseBytes(value);
      } catch (error) {
        throw wrong(place(), spec.path, messageOf(error));
      }
    case 'strings':
      return typeof value === 'string'
        ? value.split(',').map((s) => s.trim())
        : Array.isArray(value)
          ? value.map(String)
          : fail('a list of texts');
    case 'string': {
      if (typeof value !== 'string' && typeof value !== 'number') return fail('a text');
      const text = String(value);
      if (spec.oneOf && !spec.oneOf.includes(text.toLowerCase())) return fail(`one of ${spec.oneOf.join(', ')}`);
      return text === '' ? spec.default : text;
    }
  }
}

/** Sections that are passed on: names of options, the same as in a rule or an action. */
function unknownInSection(layer: Layer, section: string, map: YamlMap): UnknownKey[] {
  const names = Object.entries(passedSections).find(([name]) => name === section.toLowerCase())?.[1];
  if (!names) return [];
  const known = names.map((n) => n.toLowerCase());
  return Object.keys(map)
    .filter((k) => !known.includes(k.toLowerCase()))
    .map((k) => ({ place: layer.place([section, k]), key: `${section}.${k}`, candidates: [...names] }));
}

function unknownKeys(layer: Layer): UnknownKey[] {
  const known = [...settingSpecs.map((s) => s.path), ...ignoredPaths, ...Object.keys(passedSections)].map((p) => p.toLowerCase());
  const unknown: UnknownKey[] = [];
  const walk = (map: YamlMap, path: string[]) => {
    for (const [key, value] of Object.entries(map)) {
      const keys = [...path, key];
      const dotted = keys.join('.').toLowerCase();
      if (known.includes(dotted)) {
        if (path.length === 0 && isMap(value)) unknown.push(...unknownInSection(layer, key, value));
        continue;
      }
      if (known.some((k) => k.startsWith(`${dotted}.`))) {
        if (isMap(value)) walk(value, keys);
        else if (value !== null)
          throw wrong(layer.place(keys), keys.join('.'), `expected keys below it, indented by two blanks, not ${JSON.stringify(value)}`);
        continue;
      }
      const parent = path.map((p) => `${p}.`).join('');
      const siblings = settingSpecs.filter((s) => s.path.toLowerCase().startsWith(parent.toLowerCase()));
      const candidates = [...new Set(siblings.map((s) => s.path.slice(parent.length).split('.')[0]!))];
      unknown.push({ place: layer.place(keys), key: keys.join('.'), candidates });
    }
  };
  walk(layer.data, []);
  return unknown;
}

// gateway.yaml -> Settings plus problems in plain words. A wrong part never hides the others: a typo in a rule must not cost the
// SSH key. Called by main.ts; next files: read-parts.ts, read-network.ts, render.ts.
import { createFields } from './fields.ts';
import { findKeys, joinKey, keyProblem } from './read-keys.ts';
import { readMqtt } from './read-mqtt.ts';
import { readNetwork } from './read-network.ts';
import { type Parts, type Path, readParts } from './read-parts.ts';
import { NOT_USED, type Problem, REMOVED, type Settings } from './settings.ts';

export interface ReadOptions {
  /** Tells whether a time zone exists on this device. */
  hasTimezone(name: string): boolean;
  /** Tells whether a file is there below the folder `plugins` of the boot partition. */
  hasPlugin(path: string): boolean;
  /** Tells whether a file is there on the boot partition; default: none. */
  hasFile?(path: string): boolean;
  /** Says what is wrong with keys of kuiper.yaml, by dotted name. Default: nothing. */
  checkKuiper?(value: Record<string, unknown>): readonly { path: readonly string[]; text: string }[];
}

export interface ReadResult {
  settings: Settings;
  problems: Problem[];
  parts: Parts;
  /** Paths of parts whose secrets were taken. */
  used: readonly Path[];
}

const NAMES = ['hostname', 'timezone', 'ssh', 'network', 'ntp', 'mqtt', 'rest', 'kuiper', 'streams', 'rules', 'plugins'] as const;

/** @param text the file as it is; never throws */
export function readSettings(text: string, options: ReadOptions): ReadResult {
  const { hasTimezone, hasPlugin, hasFile = () => false, checkKuiper = () => [] } = options;
  const parts = readParts(text, NAMES);
  const fields = createFields(parts);
  const { wrong } = fields;
  const settings: Settings = {};
  const all = parts.value;
  const tooMuch = parts.problems.some((p) => p.text.includes('unfolded'));
  if (!tooMuch) fields.map([], all, NAMES);

  const hostname = fields.text(['hostname'], all['hostname']);
  if (hostname !== undefined) {
    if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(hostname) && hostname !== 'localhost') settings.hostname = hostname;
    else wrong(['hostname'], 'letters a-z, digits and "-" only, up to 63 of them, e.g. kuiper-hall3');
  }
  const timezone = fields.text(['timezone'], all['timezone']);
  if (timezone !== undefined) {
    if (/^[A-Za-z0-9_+\-/]+$/.test(timezone) && hasTimezone(timezone)) settings.timezone = timezone;
    else wrong(['timezone'], `there is no time zone "${timezone}"; names are like Europe/Berlin`);
  }

  const ssh = fields.map(['ssh'], all['ssh'], ['keys']);
  const keys =
    ssh &&
    (typeof ssh['keys'] === 'string' ? ssh['keys'].split(/\r?\n/).filter((k) => k.trim()) : fields.texts(['ssh', 'keys'], ssh['keys']));
  const good = (keys ?? [])
    .map((key) => joinKey(key.trim()))
    .filter((key, i) => {
      const problem = keyProblem(key);
      if (problem !== undefined) wrong(['ssh', 'keys', String(i)], problem);
      return problem === undefined;
    });
  const elsewhere = good.length > 0 ? [] : findKeys(text);
  if (good.length > 0) settings.sshKeys = good;
  else if (elsewhere.length > 0) {
    settings.sshKeys = elsewhere;
    wrong(
      ['ssh', 'keys'],
      `${elsewhere.length} key${elsewhere.length > 1 ? 's were' : ' was'} found in the file and taken, so that the device can be reached. Correct the part ssh`,
    );
  }

  if (Object.keys(all).length === 0 && parts.problems.length === 0 && elsewhere.length === 0)
    wrong([], 'there is no setting in it: every line is empty or a comment ("#"). gateway.yaml.example shows what can stand here');

  readNetwork(fields, all['network'], settings, hasFile);

  const ntp = typeof all['ntp'] === 'string' ? all['ntp'].split(/[ ,]+/).filter(Boolean) : fields.texts(['ntp'], all['ntp']);
  if (ntp) {
    const bad = ntp.find((server) => !/^[A-Za-z0-9.:-]{1,253}$/.test(server));
    if (bad === undefined) settings.ntp = ntp;
    else wrong(['ntp'], `"${bad}" is not a server's name or address`);
  }

  readMqtt(fields, all['mqtt'], settings);
  const rest = fields.map(['rest'], all['rest'], ['remote']);
  const remote = rest && fields.yes(['rest', 'remote'], rest['remote']);
  if (remote !== undefined) settings.rest = { remote };

  const kuiper = all['kuiper'];
  if (kuiper !== undefined && kuiper !== null) {
    if (typeof kuiper !== 'object' || Array.isArray(kuiper)) wrong(['kuiper'], 'expected settings as "name: value" lines below it');
    else {
      const told = checkKuiper(kuiper as Record<string, unknown>);
      for (const { path, text: words } of told) wrong(['kuiper', ...path], words);
      if (told.length === 0) settings.kuiper = kuiper as Record<string, unknown>;
    }
  }

  const streams = fields.texts(['streams'], all['streams']);
  if (streams) settings.streams = streams;
  const rules = fields.list(['rules'], all['rules']);
  if (rules) {
    settings.rules = rules.filter((rule, i): rule is Record<string, unknown> => {
      if (typeof rule !== 'object' || rule === null || typeof (rule as { id?: unknown }).id !== 'string')
        return Boolean(wrong(['rules', String(i)], 'a rule needs id, sql and actions'));
      // read before, with its secrets: the device has it
      const text = JSON.stringify(rule);
      if (text.includes(NOT_USED))
        return Boolean(wrong(['rules', i], 'a password in it was removed before it could be used. Write it again'));
      return !text.includes(REMOVED);
    });
  }
  const plugins = fields.texts(['plugins'], all['plugins']);
  if (plugins) {
    settings.plugins = plugins.filter((path) => {
      if (!/^(sources|sinks|functions)\/[A-Za-z0-9_@.-]+$/.test(path) || path.includes('..'))
        wrong(['plugins'], `"${path}": expected sources/…, sinks/… or functions/… and a file name`);
      else if (!hasPlugin(path)) wrong(['plugins'], `there is no file plugins/${path} on the boot partition`);
      else return true;
      return false;
    });
  }
  if (settings.kuiper) fields.used.push(['kuiper']);
  if (settings.rules) fields.used.push(['rules']);
  return { settings, problems: [...parts.problems, ...fields.problems], parts, used: fields.used };
}

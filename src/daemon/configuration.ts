// The configuration that is in effect, with the credentials that go with it: read at the start and again at SIGHUP. A reload that is
// refused leaves both in effect. Made and asked by gateway.ts; the files are read in src/config, the credentials in src/rest/credentials.ts.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import {
  type Environment,
  type Folders,
  type LoadedSettings,
  loadSettings,
  type Sealer,
  type Settings,
  saveLastGood,
  secretsInFiles,
} from '../config/index.ts';
import { checkListenAddress } from '../rest/access.ts';
import { type Credentials, readCredentials } from '../rest/credentials.ts';
import { openRevocations, type Revocations } from '../rest/revocations.ts';
import { suggest } from '../sql/suggest.ts';
import { checkSections } from './check-sections.ts';

export interface Configuration {
  /** These three are known once it was loaded. */
  readonly settings: Settings;
  readonly credentials: Credentials;
  readonly revocations: Revocations;
  /** What the files ask for and do not get, in sentences. */
  readonly notes: readonly string[];
  /** @param again a reload: addresses stay as they are  @returns the files that were read
   *  @throws when something is wrong; settings and credentials stay as they were */
  load(again?: boolean): LoadedFiles;
  /** It was read and is in effect: this is what a damaged disk gets back. */
  keepGood(): void;
}

type LoadedFiles = ReturnType<typeof loadSettings>['files'];

export interface ConfigurationOptions {
  folders: Folders;
  env: Environment;
  configFile: string | undefined;
  log: Log;
  clock: Clock;
  /** Seals the copies of files in the data folder. */
  sealer?(): Sealer | undefined;
}

export function createConfiguration({ folders, env, configFile, log, clock, sealer }: ConfigurationOptions): Configuration {
  let settings!: Settings;
  let credentials!: Credentials;
  let revocations: Revocations | undefined;
  let notes: readonly string[] = [];
  /** Files with secrets that were told already. */
  const inClear = new Set<string>();

  return {
    get settings() {
      return settings;
    },
    get credentials() {
      return credentials;
    },
    get revocations() {
      return revocations!;
    },
    get notes() {
      return notes;
    },
    load(again = false) {
      const loaded = loadSettings(folders, env, configFile);
      checkSections(loaded);
      const found = [...unknownNotes(loaded), ...absentNotes(loaded)];
      if (loaded.settings.strictOptions && found[0]) {
        const { place, key, text } = found[0];
        throw new GatewayError('CONFIG_VALUE', { place, key, problem: `${text} (basic.strictOptions is on)` });
      }
      const mgmt = join(folders.etc, 'mgmt');
      if (revocations) revocations.reload();
      else revocations = openRevocations(mgmt, join(folders.data, 'mgmt'), () => clock.now());
      const credentialsFound = readCredentials(mgmt, revocations);
      const next = again ? keepAddresses(loaded.settings, settings) : loaded.settings;
      const { ip, port, authentication } = next.rest;
      // at a reload the last token may have been taken away: then nobody may call, which is safe
      const known = again ? 1 : credentialsFound.count;
      checkListenAddress(ip, port, authentication, known);
      // what the next start would refuse is refused now
      checkListenAddress(loaded.settings.rest.ip, loaded.settings.rest.port, authentication, known);
      if (authentication && credentialsFound.count === 0)
        log.warn(
          { code: 'REST_NOBODY', folder: join(folders.etc, 'mgmt') },
          'There is not a token and no public key: every REST call will be rejected.',
        );
      for (const { place, key, text, near } of found)
        if (near === undefined)
          log.warn(
            { code: 'CONFIG_ABSENT', place, key, reason: text },
            'The configuration asks for something that this version does not do.',
          );
        else
          log.warn(
            { code: 'CONFIG_UNKNOWN_KEY', place, key, ...(near ? { didYouMean: near } : {}) },
            'A key of the configuration means nothing; it is ignored.',
          );
      notes = found.map(({ place, key, text }) => `${place}: ${key}: ${text}`);
      settings = next;
      credentials = credentialsFound;
      log.setLevel(settings.logLevel);
      return loaded.files;
    },
    keepGood() {
      try {
        saveLastGood(folders, sealer?.());
      } catch (error) {
        log.warn({ code: 'CONFIG_COPY', reason: messageOf(error) }, 'The copy of the configuration files could not be written.');
      }
      for (const { file, properties } of secretsInFiles(folders)) {
        const found = `${file} ${properties}`;
        if (inClear.has(found)) continue;
        inClear.add(found);
        log.warn(
          { code: 'SECRET_IN_CLEAR', file, properties },
          'A secret lies in clear in a file: whoever copies the card has it. Write ${secret:NAME} there and give it with "kuiper secret set NAME".',
        );
      }
    },
  };
}

interface Note {
  place: string;
  key: string;
  text: string;
  /** Nearest name, '' = none; undefined = the key is known and its feature absent. */
  near?: string;
}

const unknownNotes = ({ unknown }: LoadedSettings): Note[] =>
  unknown.map(({ place, key, candidates }) => {
    const near = suggest(key.split('.').at(-1)!, candidates) ?? '';
    return { place, key, near, text: `is not known and has no effect${near ? `; did you mean ${near}?` : ''}` };
  });

const absentNotes = ({ absent }: LoadedSettings): Note[] =>
  absent.map(({ place, key, why }) => ({ place, key, text: `has no effect: ${why}` }));

/** What is listened on stays as it was at the start; a reload must not take the new address for the one that is open. */
function keepAddresses(next: Settings, now: Settings): Settings {
  return {
    ...next,
    rest: { ...next.rest, ip: now.rest.ip, port: now.rest.port, tls: now.rest.tls },
    dataServer: now.dataServer,
    prometheus: now.prometheus,
  };
}

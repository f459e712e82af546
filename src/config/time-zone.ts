// The zone of the gateway. Asking Intl loads 8 MB of ICU data, so the usual answers (UTC, the machine's own zone) are found without it.
import { readlinkSync } from 'node:fs';
import type { Environment } from './environment.ts';

/** @param name IANA name; `Local` or empty = the machine's zone  @returns undefined when there is no such zone */
export function resolveTimeZone(name: string, env: Environment): string | undefined {
  if (name === 'UTC') return name;
  if (name === '' || name.toLowerCase() === 'local') return machineZone(env) ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** From where /etc/localtime points to, as glibc and systemd do. TZ, when set, is left to Intl: it may have other forms. */
function machineZone(env: Environment): string | undefined {
  if (env['TZ'] === 'UTC') return 'UTC';
  if (env['TZ']) return undefined;
  try {
    const zone = /\/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(readlinkSync('/etc/localtime'))?.[1];
    return zone === 'Etc/UTC' ? 'UTC' : zone;
  } catch {
    return undefined; // no such link: a container, or a copied file
  }
}

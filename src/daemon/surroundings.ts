// What the environment of the process says to the gateway. Called by gateway.ts.
import type { Environment } from '../config/index.ts';

/** Where systemd and desktops give a folder in memory, then what every Linux has. */
export function memoryFolders(env: Environment): string[] {
  return [...(env['RUNTIME_DIRECTORY'] ?? '').split(':'), env['XDG_RUNTIME_DIR'] ?? '', '/dev/shm'];
}

/** `props("name")`: KUIPER_PROPS_NAME, whatever the case. */
export function propertyOf(env: Environment, name: string): string | undefined {
  const wanted = `KUIPER_PROPS_${name.toUpperCase()}`;
  return env[wanted] ?? env[Object.keys(env).find((k) => k.toUpperCase() === wanted) ?? ''];
}

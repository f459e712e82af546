// Optional data that is not ours to publish and lies outside the repository: docs/external-data.md names every piece. The environment
// variable KUIPER_EXTERNAL_DATA names the folder. A test that finds nothing says so loudly and is left out; nothing else may be left out.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** @returns the path of the piece, or undefined (after a warning that nobody overlooks) when it is not there */
export function externalData(piece: 'statements.json' | 'inverter-maps'): string | undefined {
  const folder = process.env['KUIPER_EXTERNAL_DATA'];
  const path = folder === undefined ? undefined : join(folder, piece);
  if (path !== undefined && existsSync(path)) return path;
  const reason = path === undefined ? 'KUIPER_EXTERNAL_DATA is not set' : `${path} is not there`;
  console.warn(`\n*** left out: tests with the outside data ${piece} (${reason}; see docs/external-data.md) ***\n`);
  return undefined;
}

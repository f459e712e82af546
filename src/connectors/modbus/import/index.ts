// Register maps of other programs → profiles. `kuiper modbus import` calls it. Each format has a reader of its own; finish.ts checks and prints.
import { parse } from 'yaml';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import { readEvcc } from './evcc.ts';
import { type FinishedImport, finishImport } from './finish.ts';
import { readHomeAssistant } from './home-assistant.ts';
import { type ImportedMap, isJsonMap, type Json } from './imported.ts';
import { readSolarman } from './solarman.ts';
import { readWirenboard } from './wirenboard.ts';

export type { FinishedImport } from './finish.ts';

export const importFormats = ['solarman', 'evcc', 'wirenboard', 'homeassistant'] as const;
export type ImportFormat = (typeof importFormats)[number];

/** @param fileName without its folder; names the profile where the map does not
 *  @param format undefined: what the content looks like
 *  @param variant for maps of several models: which one, from 0
 *  @throws Error when the text is none of the formats */
export function importMaps(
  text: string,
  fileName: string,
  format?: ImportFormat,
  variant = 0,
): { format: ImportFormat; profiles: FinishedImport[] } {
  const root = parseText(text, fileName);
  const known = format ?? formatOf(root);
  if (!known) throw new Error(`${fileName} looks like none of ${importFormats.join(', ')}. Name it with --format if it is one.`);
  if (known !== 'homeassistant' && !isJsonMap(root)) throw new Error(`${fileName} is not a map, which ${known} needs`);
  const id = fileName.replace(/\.(ya?ml|json)$/i, '');
  const maps: ImportedMap[] =
    known === 'homeassistant'
      ? readHomeAssistant(root, id)
      : [
          (known === 'solarman' ? readSolarman : known === 'evcc' ? readEvcc : readWirenboard)(
            root as { [key: string]: Json },
            id,
            variant,
          ),
        ];
  // hubs of one name
  const ids = maps.map((m, i) => (maps.findIndex((o) => o.id === m.id) === i ? m.id : `${m.id}-${i + 1}`));
  return { format: known, profiles: maps.map((map, i) => finishImport({ ...map, id: ids[i]! }, `imported from ${fileName} (${known})`)) };
}

function parseText(text: string, fileName: string): Json {
  if (/\.jinja2?$/i.test(fileName) || /^\s*\{%/m.test(text))
    throw new Error(`${fileName} is a Jinja template. Render it to JSON first, then import that.`);
  try {
    if (/^\s*[{[]/.test(text.replace(/^\s*(\/\/.*\n|\/\*[\s\S]*?\*\/\s*)*/, ''))) return JSON.parse(withoutComments(text)) as Json;
    // tags of Home Assistant (!include, !secret) stay texts
    return parse(text, { logLevel: 'silent', maxAliasCount: 1000, uniqueKeys: false }) as Json;
  } catch (error) {
    throw new Error(`${fileName} cannot be read: ${messageOf(error).split('\n')[0]}`);
  }
}

/** Comments of JSON, and commas before a closing bracket; texts stay as they are. */
function withoutComments(text: string): string {
  return text
    .replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) => (part.startsWith('"') ? part : ''))
    .replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (part) => (part.startsWith('"') ? part : ''));
}

function formatOf(root: Json): ImportFormat | undefined {
  if (Array.isArray(root))
    return root.some((h) => isJsonMap(h) && (h['sensors'] !== undefined || h['binary_sensors'] !== undefined))
      ? 'homeassistant'
      : undefined;
  if (!isJsonMap(root)) return undefined;
  if (root['modbus'] !== undefined || root['sensors'] !== undefined) return 'homeassistant';
  if (isJsonMap(root['device']) && (root['device_type'] !== undefined || root['device']['channels'] !== undefined)) return 'wirenboard';
  if (root['template'] !== undefined && root['render'] !== undefined) return 'evcc';
  return Array.isArray(root['parameters']) ? 'solarman' : undefined;
}

// The answer to who drops a file: `plugins/STATUS.txt`, and one beside the files of each kind, say for every file whether it is live or what
// is wrong and how to cure it. For people who have scp and nothing else. Written by plugin-registry.ts after each change.
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { PluginDoor } from '../files/door.ts';
import { type PluginKind, pluginKinds, shownVersion } from '../files/plugin-file.ts';
import type { PluginEntry } from './plugin-entry.ts';

export const STATUS_FILE = 'STATUS.txt';

export interface StatusLine {
  /** Path of the plugin file, zip or whatever else lies there. */
  file: string;
  /** `live, version 1.2`, or the reason and the cure. */
  text: string;
}

/** One line per file of these plugins. */
export function statusLines(entries: Iterable<PluginEntry>): StatusLine[] {
  const out: StatusLine[] = [];
  for (const e of entries) {
    for (const { file, state, reason } of e.candidates) {
      const version = shownVersion(file.version);
      const shown = version === '' ? '' : `, version ${version}`;
      const live = e.active?.file.path === file.path;
      const active = e.active === undefined ? '' : shownVersion(e.active.file.version) || 'the one without a version';
      if (live && reason !== '')
        out.push({ file: file.path, text: `NOT USED in its present form, the previous version keeps running${shown}: ${reason}` });
      else if (live) out.push({ file: file.path, text: `live${shown}${e.active?.note ? `; note: ${e.active.note}` : ''}` });
      else if (state === 'superseded') out.push({ file: file.path, text: `not used: ${active} is later and live` });
      else out.push({ file: file.path, text: `NOT USED${state === 'quarantined' ? ' (quarantined)' : ''}: ${reason}` });
    }
    for (const file of e.wanted)
      if (!e.candidates.some((c) => c.file.path === file.path)) out.push({ file: file.path, text: 'being loaded' });
  }
  return out;
}

export interface StatusFiles {
  /** Writes what has changed. A folder that cannot be written is reported in the log once. */
  write(lines: readonly StatusLine[], heading?: string): void;
}

/** @param folder `<root>/plugins` */
export function createStatusFiles(folder: string, nowMs: () => number, log: Log, door?: PluginDoor): StatusFiles {
  const written = new Map<string, string>();
  let complained = false;
  const complain = (path: string, error: unknown) => {
    if (!complained) log.warn({ code: 'PLUGIN_FOLDER', file: path, reason: messageOf(error) }, 'The status of plugins cannot be written.');
    complained = true;
  };
  const put = (path: string, body: string, isEmpty: boolean) => {
    if (written.get(path) === body) return;
    if (door) {
      written.set(path, body);
      const text = `${body}\nWritten ${new Date(nowMs()).toISOString()} by the gateway, with each change.\n`;
      void (isEmpty ? door.remove(path) : door.write(path, Buffer.from(text))).catch((error: unknown) => {
        written.delete(path);
        complain(path, error);
      });
      return;
    }
    try {
      if (isEmpty) {
        // nothing there: the folder is as empty as it looks
        rmSync(path, { force: true });
      } else {
        mkdirSync(join(path, '..'), { recursive: true });
        writeDurably(path, `${body}\nWritten ${new Date(nowMs()).toISOString()} by the gateway, with each change.\n`, 0o644);
      }
      written.set(path, body);
    } catch (error) {
      complain(path, error);
    }
  };
  return {
    write(lines, heading = '') {
      const all = lines.map(({ file, text }) => ({ name: relative(folder, file), text: text.replaceAll(`${folder}/`, '') }));
      put(join(folder, STATUS_FILE), textOf('Plugins of this gateway', heading, all), all.length === 0 && heading === '');
      for (const kind of pluginKinds) {
        const own = all.filter(({ name }) => name.startsWith(`${kind}/`)).map((l) => ({ ...l, name: l.name.slice(kind.length + 1) }));
        put(join(folder, kind, STATUS_FILE), textOf(TITLES[kind], heading, own), own.length === 0);
      }
    },
  };
}

const TITLES: Readonly<Record<PluginKind, string>> = {
  sources: 'Source plugins of this gateway',
  sinks: 'Sink plugins of this gateway',
  functions: 'Function plugins of this gateway',
};

function textOf(title: string, heading: string, lines: readonly { name: string; text: string }[]): string {
  const sorted = [...lines].sort((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.min(40, Math.max(0, ...sorted.map((l) => l.name.length)));
  const body = sorted.map(({ name, text }) => `${name.padEnd(width)}  ${text.replace(/\n/g, '\n'.padEnd(width + 3))}`);
  return [title, '', ...(heading === '' ? [] : [heading, '']), ...body, ''].join('\n');
}

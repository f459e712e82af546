// The state of updates on the data partition: two copies with number and checksum, written in turn, so that a write that a disk lost or tore leaves the one
// before. Used by updater.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { writeDurablyBelow } from '../../base/durable-file.ts';
import type { UpdateState } from './machine.ts';

const NAMES = ['state-1.json', 'state-2.json'] as const;

export interface StateFile {
  /** Undefined when there is none, or none is whole. */
  load(): UpdateState | undefined;
  save(state: UpdateState): void;
}

export function createStateFile(folder: string): StateFile {
  const read = (name: string): { seq: number; state: UpdateState } | undefined => {
    let text: string;
    try {
      text = readFileSync(join(folder, name), 'utf8');
    } catch {
      return undefined; // not there yet, or a bad sector: the other copy counts
    }
    const cut = text.indexOf('\n');
    const body = text.slice(cut + 1);
    if (text.slice(0, cut) !== sum(body)) return undefined;
    return JSON.parse(body) as { seq: number; state: UpdateState };
  };
  return {
    load() {
      const [one, two] = NAMES.map(read);
      return (one && two ? (two.seq > one.seq ? two : one) : (one ?? two))?.state;
    },
    save(state) {
      const [one, two] = NAMES.map(read);
      const oldest = !one || (two && two.seq > one.seq) ? 0 : 1;
      const body = JSON.stringify({ seq: Math.max(one?.seq ?? 0, two?.seq ?? 0) + 1, state });
      writeDurablyBelow(join(folder, NAMES[oldest]!), `${sum(body)}\n${body}`, 0o644);
    },
  };
}

const sum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

// What a part of the fleet must know after a restart or a power cut: one small JSON file each, below data/fleet. Used by pull/, hawkbit/ and mqtt/.
import { readFileSync } from 'node:fs';
import { writeDurablyBelow } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface StateFile<T> {
  readonly value: T;
  /** On the disk when it returns. @throws the system's error; the old value stays then */
  set(next: T): void;
}

/** @param empty where there is none, or a damaged one */
export function openStateFile<T extends object>(file: string, empty: T, log: Log): StateFile<T> {
  let value = empty;
  try {
    value = { ...empty, ...(JSON.parse(readFileSync(file, 'utf8')) as T) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn({ code: 'FLEET', file, reason: messageOf(error) }, 'The state of the fleet is damaged; it is begun again.');
  }
  return {
    get value() {
      return value;
    },
    set(next) {
      writeDurablyBelow(file, `${JSON.stringify(next)}\n`);
      value = next;
    },
  };
}

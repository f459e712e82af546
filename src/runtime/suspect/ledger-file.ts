// Keeps the ledger of suspects on disk, written at a death and when a suspicion ends: a few times in the life of a device. On a disk that
// takes nothing a copy in memory serves until the next boot. Used by suspects.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { emptyLedger, type Ledger } from './ledger.ts';

/** @param file on disk  @param memoryFile in memory; undefined = there is no such place */
export function createLedgerFile(file: string, memoryFile: string | undefined, log: Log): { load(): Ledger; save(ledger: Ledger): void } {
  return {
    load() {
      const found = [file, ...(memoryFile === undefined ? [] : [memoryFile])].flatMap((f) => read(f, log));
      return found.sort((a, b) => b.savedAtMs - a.savedAtMs)[0] ?? emptyLedger;
    },
    save(ledger) {
      const text = JSON.stringify(ledger);
      try {
        writeDurably(file, text);
      } catch (error) {
        log.warn(
          { code: 'SUSPECT_LEDGER', file, reason: messageOf(error) },
          'What is known of messages that end the gateway could not be stored.',
        );
        if (memoryFile !== undefined) writeCopy(memoryFile, text, log);
      }
    },
  };
}

function writeCopy(file: string, text: string, log: Log): void {
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    log.warn({ code: 'SUSPECT_LEDGER', file, reason: messageOf(error) }, 'The copy in memory could not be written either.');
  }
}

function read(file: string, log: Log): Ledger[] {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<Ledger>;
    if (value.v === 1 && Array.isArray(value.cases) && Array.isArray(value.run) && typeof value.parked === 'object')
      return [value as Ledger];
    throw new Error('unknown content');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      log.warn(
        { code: 'SUSPECT_LEDGER', file, reason: messageOf(error) },
        'The record of messages that ended the gateway is damaged; starting a new one.',
      );
    return [];
  }
}

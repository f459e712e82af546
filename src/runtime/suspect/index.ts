// The suspect record (ADR 0086). The daemon makes it; the runtime's nodes ask it. Next: suspects.ts.
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { createLedgerFile } from './ledger-file.ts';
import { memoryFolder, openRecord } from './record-file.ts';
import { Suspects } from './suspects.ts';

export type { ParkedRule } from './ledger.ts';
export { createLetterBox, type Letter, type LetterBox, type LetterHead } from './letters.ts';
export { Suspects } from './suspects.ts';
export { parkedText } from './texts.ts';

/** @param folders candidates for the record, first come first; only one in memory is taken */
export function createSuspects(o: { dataDir: string; folders: readonly string[]; clock: Clock; log: Log }): Suspects {
  const folder = memoryFolder(o.folders);
  // several gateways of one user share the folder
  const base = folder && join(folder, `kuiper-${encodeURIComponent(o.dataDir).slice(-200)}`);
  return new Suspects({
    clock: o.clock,
    log: o.log,
    recordPath: base && `${base}.record`,
    openRecord,
    ledger: createLedgerFile(join(o.dataDir, 'suspects.json'), base && `${base}.ledger`, o.log),
  });
}

// What lies in the data folder and is not read: the store of an eKuiper that ran on this root. Named at the start. Called by gateway.ts.
import type { Log } from '../base/log.ts';
import type { Folders } from '../config/index.ts';
import { hasEkuiperStore } from '../store/index.ts';

const EKUIPER_DATA =
  'The data folder holds streams and rules of eKuiper, which are not read. Take them over: kuiper import ekuiper DIR with that folder.';

/** @returns sentences for `GET /` */
export function foreignData({ data }: Folders, log: Log): string[] {
  if (!hasEkuiperStore(data)) return [];
  log.warn({ code: 'EKUIPER_DATA', folder: data }, EKUIPER_DATA);
  return [EKUIPER_DATA];
}

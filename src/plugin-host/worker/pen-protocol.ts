// Messages between the gateway (containment/pen.ts) and the plugin host (pen.ts). Types only. `w` numbers the threads of one host.
import type { ModuleText } from './load-module.ts';
import type { FromWorker, ToWorker } from './protocol.ts';

/** First line of a connection to systemd's socket, before any frame. */
export interface StartLine {
  /** Node's permission flags; [] = no limits. */
  flags: string[];
}

export interface PenSetup {
  t: 'setup';
  /** `data:` URLs of the code that runs in threads. */
  modules: { entry: string; loader: string; instance: string; kit: string; calls: string };
  /** The plugin's code runs in the main thread of this host (permission model: no threads are allowed). */
  single: boolean;
  /** Resident memory at which the largest thread is ended. */
  maxRssMb: number;
  maxHeapMb: number;
}

export type ToPen =
  | PenSetup
  | { t: 'start'; w: number; plugin: string; text: ModuleText; symbols: { main: string; lookup: string } }
  | { t: 'post'; w: number; m: ToWorker }
  | { t: 'end'; w: number };

export type FromPen =
  | { t: 'hello'; pid: number }
  | { t: 'beat'; rssMb: number }
  | { t: 'says'; w: number; m: FromWorker }
  /** A thread has ended. @param reason what the owner of the plugin should know */
  | { t: 'ended'; w: number; reason: string };

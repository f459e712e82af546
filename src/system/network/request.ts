// What the gateway and the process that owns the network say to each other: two small files in the data folder, and the state that everybody may read.
// No secrets in the state. Written by service/network-changes.ts, read by image/network/main.ts, and the other way round.
import type { NetworkOutcome } from './machine.ts';

/** Below the data folder of the gateway. */
export const REQUEST = 'network/request.json';
export const ANSWER = 'network/answer.json';
/** On the device; where its folder is not there, nobody owns the network. */
export const STATUS = '/var/lib/kuiper-device/network/status.json';

export interface NetworkRequest {
  id: string;
  by: string;
  /** The parts `network` and `firewall`, as in gateway.yaml. */
  parts: Readonly<Record<string, unknown>>;
}

export interface NetworkAnswer {
  id: string;
  verb: 'confirm' | 'revert';
}

export interface NetworkStatus {
  phase: 'steady' | 'changing' | 'trial' | 'reverting';
  id?: string;
  what?: string;
  /** Epoch ms, of a trial. */
  untilMs?: number;
  /** What was wrong with the last request; nothing was changed then. */
  refused?: { id: string; problems: string[] } | undefined;
  last?: NetworkOutcome | undefined;
}

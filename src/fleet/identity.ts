// Who this gateway is for a fleet. Made by fleet.ts.
import type { FleetSettings } from '../config/index.ts';

export interface Identity {
  /** Id of the gateway: stays the same for its life. */
  readonly id: string;
  /** As people call it; the id where they do not. */
  readonly name: string;
  readonly groups: readonly string[];
  /** Version of the gateway. */
  readonly version: string;
}

export function identityOf({ name, groups }: FleetSettings, id: string, version: string): Identity {
  return { id, name: name === '' ? id : name, groups: groups.filter((g) => g !== ''), version };
}

// The shape of gateway.yaml after it was read: what render.ts turns into files. Written by read-settings.ts only.

export interface WifiNetwork {
  ssid: string;
  /** Undefined: keep what the device has (the file says it was used and removed). */
  password: string | undefined;
}

/** `dhcp`, or a fixed address. */
export type Addressing = { dhcp: true } | { dhcp: false; address: string; gateway: string | undefined; dns: string[] };

/** Every part is optional: what is absent, or wrong, leaves the device as it is. */
export interface Settings {
  hostname?: string;
  timezone?: string;
  sshKeys?: string[];
  wired?: Addressing;
  wifi?: { country: string; networks: WifiNetwork[]; addressing: Addressing };
  ntp?: string[];
  mqttPassword?: string;
  rest?: { remote: boolean };
  streams?: string[];
  rules?: Record<string, unknown>[];
  /** Files below the folder `plugins` of the boot partition, e.g. `functions/countWords.ts`. */
  plugins?: string[];
}

/** Put in a secret's place after use; reading it again means: keep. */
export const REMOVED = '(used and removed)';

/** One thing that is wrong, for a person. */
export interface Problem {
  /** `network.wifi.country` */
  where: string;
  line: number | undefined;
  text: string;
}

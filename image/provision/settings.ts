// The shape of gateway.yaml after it was read: what render.ts turns into files. Written by read-settings.ts only.

/** How a device proves who it is in a network with 802.1X. */
export interface Eap {
  method: 'PEAP' | 'TTLS' | 'TLS';
  identity: string;
  /** Undefined: keep what the device has, or not needed (TLS). */
  password: string | undefined;
  /** Files below `certs/` of the boot partition. */
  ca?: string;
  cert?: string;
  key?: string;
}

export interface WifiNetwork {
  ssid: string;
  hidden: boolean;
  /** `open`: no password at all. Without a secret here: keep what the device has (the file says it was used and removed). */
  security:
    | { kind: 'open' }
    | { kind: 'passphrase'; passphrase: string | undefined }
    | { kind: 'key'; hex: string }
    | { kind: 'eap'; eap: Eap };
}

/** `dhcp`, or a fixed address. */
export type Addressing = { dhcp: true } | { dhcp: false; address: string; gateway: string | undefined; dns: string[] };

export interface Vlan {
  id: number;
  addressing: Addressing;
}

/** A user of the device's MQTT listener. Patterns are MQTT filters; `%u` is the user's name, `%c` the client's id. */
export interface MqttUser {
  name: string;
  /** Undefined: keep what the device has. */
  password: string | undefined;
  publish: string[];
  subscribe: string[];
}

/** Every part is optional: what is absent, or wrong, leaves the device as it is. */
export interface Settings {
  hostname?: string;
  timezone?: string;
  sshKeys?: string[];
  wired?: Addressing;
  vlans?: Vlan[];
  wifi?: { country: string; networks: WifiNetwork[]; addressing: Addressing };
  /** Address of an HTTP proxy, and what is reached without it. */
  proxy?: { url: string; except: string[] };
  ntp?: string[];
  mqttPassword?: string;
  mqttUsers?: MqttUser[];
  rest?: { remote: boolean };
  /** Keys of kuiper.yaml that this file sets, as there. */
  kuiper?: Record<string, unknown>;
  streams?: string[];
  rules?: Record<string, unknown>[];
  /** Files below the folder `plugins` of the boot partition, e.g. `functions/countWords.ts`. */
  plugins?: string[];
}

/** Put in a secret's place after use; reading it again means: keep. */
export const REMOVED = '(used and removed)';
/** Put in a secret's place that was not used, since its part was wrong. */
export const NOT_USED = '(removed, not used: write it again)';

/** One thing that is wrong, for a person. */
export interface Problem {
  /** `network.wifi.country` */
  where: string;
  line: number | undefined;
  text: string;
}

// What others of the gateway (REST, command line, fleet) see of the updater: give it a bundle, look at it, confirm, go back. On a device the
// work is done by a process of its own (kuiper-update.service) behind a socket; client.ts is the installer that talks to it.
// Next files: client.ts, machine.ts.

/** Where the system was booted from. Read from the kernel's command line, never from what was wanted. */
export type Slot = 'A' | 'B';

/** What an update is doing.
 *  `installed`: written and checked, waits for the restart. `trial`: the new slot is booted and under observation; every other boot takes the old one. */
export type UpdatePhase = 'idle' | 'downloading' | 'installing' | 'installed' | 'trial';

/** A bundle: a file that is there, an address of http or https, which is fetched with resume, or the one on a USB stick. */
export type UpdateSource =
  | { readonly file: string }
  | { readonly url: string; readonly headers?: Readonly<Record<string, string>> }
  | { readonly usb: true };

export interface InstallOptions {
  /** SHA-256 of the bundle in hex, where the sender gave one. A difference is UPDATE_DAMAGED before anything is written. */
  readonly sha256?: string;
  /** Take a bundle of an older version as well. What a newer version wrote into the data is read by the version before it, not by older ones. */
  readonly allowDowngrade?: boolean;
  /** When the device restarts into the new slot: `now`, in the `window` of maintenance, or when `asked` (`kuiper system reboot`). `window` if absent. */
  readonly restart?: 'now' | 'window' | 'asked';
  /** Who asked, for the report and the audit log: `cli`, `rest`, `usb`, `automatic`, or the fleet's name of the action, such as `hawkbit 17`. */
  readonly by: string;
}

/** The bundle is in the other slot. Whether it is *good* is known after the restart: read `last` of the status then. */
export interface InstallResult {
  readonly id: string;
  readonly version: string;
  readonly slot: Slot;
  readonly restart: 'now' | 'window' | 'asked';
}

/** How an update ended. */
export interface UpdateOutcome {
  /** Id that install() gave. */
  readonly id: string;
  readonly by: string;
  readonly version: string;
  readonly from: string;
  /** `confirmed`: runs, and was found healthy. `rolled-back`: was started and left again. `failed`: never started. */
  readonly result: 'confirmed' | 'rolled-back' | 'failed';
  /** Code of the catalogue (UPDATE_…), undefined when confirmed. */
  readonly code?: string;
  /** A sentence with the reason; for `confirmed` what was checked. */
  readonly reason: string;
  readonly atMs: number;
}

export interface UpdateStatus {
  /** Slot and version that run now. */
  readonly booted: { readonly slot: Slot; readonly version: string };
  readonly phase: UpdatePhase;
  /** Of the update under way. */
  readonly id?: string;
  readonly version?: string;
  readonly by?: string;
  /** 0 to 100 of the phase `downloading` or `installing`. */
  readonly percent?: number;
  /** A sentence: what is waited for, until when. */
  readonly text: string;
  /** The slot that is booted when nothing else is tried, and whether the other one holds a version to go back to. */
  readonly confirmed: Slot;
  readonly canGoBack: boolean;
  /** The last update that ended. Kept over restarts of both slots. */
  readonly last?: UpdateOutcome;
  /** What an owner should know: the record of the boot medium was repaired, automatic updates are off … */
  readonly problems: readonly string[];
}

export interface UpdateInstaller {
  /** Fetches, checks and writes a bundle into the slot that does not run. Never touches the slot that runs.
   *  @param signal ends the download or the installation; the running slot stays as it is
   *  @throws GatewayError UPDATE_SIGNATURE, UPDATE_CERTIFICATE_TIME, UPDATE_OTHER_BOARD, UPDATE_DAMAGED, UPDATE_OLDER, UPDATE_NO_SPACE,
   *  UPDATE_DOWNLOAD, UPDATE_BUSY, UPDATE_STOPPED, UPDATE_FAILED, UPDATE_NO_DEVICE */
  install(source: UpdateSource, options: InstallOptions, signal?: AbortSignal): Promise<InstallResult>;
  /** @throws GatewayError UPDATE_NO_DEVICE where there is no updater (not the appliance) */
  status(): Promise<UpdateStatus>;
  /** Ends the observation of a trial: the owner says that this version is good. @throws GatewayError UPDATE_NOTHING */
  confirm(by: string): Promise<void>;
  /** Restarts into what is installed, now. @throws GatewayError UPDATE_NOTHING */
  restart(): Promise<void>;
  /** Leaves the version that runs: a trial ends, or the version before it is booted. The device restarts. @throws GatewayError UPDATE_NOTHING */
  rollback(by: string): Promise<void>;
}

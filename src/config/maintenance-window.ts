// The window of maintenance (`update.window`): from when to when of a day, in the device's time, the device may restart by itself. Read by
// load-settings.ts, used by system/update/updater.ts.

export interface MaintenanceWindow {
  /** Minutes since midnight. */
  readonly from: number;
  /** Below `from`: it goes over midnight. The same: always. */
  readonly to: number;
}

/** @param text e.g. `02:00-05:00`, or `any`  @returns undefined when it is neither */
export function parseWindow(text: string): MaintenanceWindow | undefined {
  if (text === 'any') return { from: 0, to: 0 };
  const found = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)$/.exec(text.trim());
  if (!found) return undefined;
  const [, h1, m1, h2, m2] = found.map(Number) as [number, number, number, number, number];
  const to = h2 * 60 + m2;
  return to > 1440 ? undefined : { from: h1 * 60 + m1, to: to % 1440 };
}

/** Milliseconds until the window is open; 0: it is. @param now in local time */
export function untilOpenMs({ from, to }: MaintenanceWindow, now: Date): number {
  const minutes = now.getHours() * 60 + now.getMinutes();
  const open = from === to || (from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to);
  if (open) return 0;
  const ahead = (from - minutes + 1440) % 1440;
  return ahead * 60_000 - now.getSeconds() * 1000 - now.getMilliseconds();
}

// The status of updates as the updater leaves it in memory: reading it wakes nobody. Used by the gateway (problems), REST and the command line.
import { readFileSync } from 'node:fs';
import type { UpdateStatus } from './installer.ts';

/** What status() tells, written by the updater at every change: reading it wakes nobody. */
export const STATUS_FILE = '/run/kuiper-update/status.json';

/** What an owner should know of updates: a version that was left, a boot partition that was repaired. Empty where there is no updater. */
export function updateProblems(file = STATUS_FILE): string[] {
  const status = readStatus(file);
  if (!status) return [];
  const { last, problems } = status;
  return [
    ...(last?.result === 'rolled-back' ? [`System version ${last.version} was left for ${last.from}: ${last.reason}`] : []),
    ...problems,
  ];
}

/** The status without asking the updater. @returns undefined where there is no updater, or it has not been started yet */
export function readStatus(file = STATUS_FILE): UpdateStatus | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // no appliance
  }
  return JSON.parse(text) as UpdateStatus;
}

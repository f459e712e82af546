// Which process runs a plugin, noted on disk: a gateway that was killed leaves it behind, and it would go on to dial the next one's sockets. A
// pid alone is not enough, since the system gives it to others; the time of its start tells. Used by plugin-process.ts.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** In ticks since boot, field 22 of /proc/PID/stat; undefined: there is no such process. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined; // it is gone
  }
}

export function noteProcess(file: string, pid: number): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${pid} ${startOf(pid) ?? ''}`);
}

export const forgetProcess = (file: string): void => rmSync(file, { force: true });

/** Ends the process that the file names, if it is still that one. @returns its pid */
export function endLeftOver(file: string): number | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // none was noted
  }
  forgetProcess(file);
  const [pid, start] = text.split(' ');
  if (!/^\d+$/.test(pid ?? '') || start === undefined || start === '' || startOf(Number(pid)) !== start) return undefined;
  try {
    process.kill(-Number(pid), 'SIGKILL');
  } catch {
    return undefined; // it ended in this moment
  }
  return Number(pid);
}

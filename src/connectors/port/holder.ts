// Which other program has a port open: for the error text only. Locks come from /proc/locks (readable by everybody), plain opens from
// /proc/*/fd (readable for own processes, or all as root). Next: open.ts.
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';

/** @param device real path  @returns e.g. `minicom (process 812)`, or undefined when it cannot be known */
export function findHolder(device: string, proc = '/proc'): string | undefined {
  const pid = lockHolder(device, proc) ?? openHolder(device, proc);
  if (pid === undefined) return undefined;
  const name = read(`${proc}/${pid}/comm`)?.trim();
  return name ? `${name} (process ${pid})` : `process ${pid}`;
}

/** True when a connector of this process has the kernel's lock. */
export const isHeldByUs = (device: string, proc = '/proc'): boolean => lockHolder(device, proc, true) !== undefined;

function lockHolder(device: string, proc: string, own = false): string | undefined {
  const locks = read(`${proc}/locks`);
  if (locks === undefined) return undefined;
  let stat: { ino: number; dev: number };
  try {
    stat = statSync(device);
  } catch {
    return undefined; // gone in the meantime
  }
  const fsMinor = (stat.dev & 0xff).toString(16).padStart(2, '0');
  // 1: FLOCK  ADVISORY  WRITE 812 00:05:1055 0 EOF
  for (const line of locks.split('\n')) {
    const m = /FLOCK\s+\S+\s+\S+\s+(\d+)\s+[0-9a-f]+:([0-9a-f]+):(\d+)/.exec(line);
    if (m && Number(m[3]) === stat.ino && m[2] === fsMinor && (Number(m[1]) === process.pid) === own) return m[1];
  }
  return undefined;
}

function openHolder(device: string, proc: string): string | undefined {
  for (const pid of list(proc)) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    for (const fd of list(`${proc}/${pid}/fd`)) {
      try {
        if (readlinkSync(`${proc}/${pid}/fd/${fd}`) === device) return pid;
      } catch {
        // closed since the folder was read, or of another user: cannot be the answer
      }
    }
  }
  return undefined;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // the process ended, or is another user's
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

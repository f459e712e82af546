// What hangs on this machine: serial ports with their stable names, and who of the gateway's neighbours holds them. Used by GET /devices.

import { findHolder, isHeldByUs } from '../../connectors/port/holder.ts';
import { listPorts, type PortInfo, type PortRoots } from '../../connectors/port/list.ts';

export interface DeviceInfo extends PortInfo {
  kind: 'serial';
  /** What to write as property `port`: the most stable name there is. */
  port: string;
  /** `this gateway`, a program with its process id, or missing: free, as far as can be known. */
  usedBy?: string;
}

/** @param roots /dev and /sys; tests give their own */
export function listDevices(roots?: PortRoots): DeviceInfo[] {
  return listPorts(roots).map((p) => {
    const usedBy = isHeldByUs(p.path) ? 'this gateway' : findHolder(p.path);
    return {
      kind: 'serial',
      port: p.byId ? `by-id:${p.byId}` : p.byPath ? `by-path:${p.byPath}` : p.path,
      ...p,
      ...(usedBy === undefined ? {} : { usedBy }),
    };
  });
}

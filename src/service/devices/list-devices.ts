// Serial ports of this machine with their stable names and holders; and the type of everything that GET /devices lists.

import { findHolder, isHeldByUs } from '../../connectors/port/holder.ts';
import { listPorts, type PortInfo, type PortRoots } from '../../connectors/port/list.ts';
import type { DeviceReport } from '../../contract/device.ts';

/** A device on a line of the gateway, as its source reports it. */
export interface BusDevice extends DeviceReport {
  kind: 'bus';
  /** Stream that reads it. */
  source: string;
}

export type Device = DeviceInfo | BusDevice;

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

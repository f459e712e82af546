// What the bus needs of a line: send one request, and see every frame that comes. Implementations: tcp.ts (package modbus-serial), stream.ts
// (RTU and ASCII over a serial port or a socket).
import type { ModbusRequest } from '../frame.ts';

/** Takes bytes of a frame (unit id and PDU, checksum already checked and cut off) or of a TCP reply. */
export type OnFrame = (frame: Buffer) => void;

export interface Transport {
  /** Sends a request; replies of earlier ones are discarded first, unless requests overlap. `onFrame` gets the frames that can be its answer. */
  send(request: ModbusRequest, onFrame: OnFrame): Promise<void>;
  /** True: replies carry the number of their request, so that one may still be taken after the next request was sent. */
  readonly overlaps?: boolean;
  /** Where requests overlap: the request is over, its reply is a stray from now on. */
  forget?(onFrame: OnFrame): void;
  /** Time that the line needs between two frames, ms (RTU: 3.5 characters). */
  readonly gapMs: number;
  /** Time that the request and its good reply spend on the wire at the least, ms; 0 when it does not matter. */
  wireMs(request: ModbusRequest): number;
  /** Ms since bytes came last (lines that others may speak on). */
  silentMs?(): number;
  /** True: a connection that can be made anew at any time (sockets). */
  readonly renewable?: boolean;
  /** Frames that came when nobody waited, or that belong to nobody. */
  readonly strays: number;
  /** Called with the unit of each whole frame that is not the awaited reply.
   *  @param oddity what is odd about it when it looks like the awaited reply all the same, in words */
  onStray?: (unit: number, oddity?: string) => void;
  /** Resolves with the reason when the line is lost. */
  readonly lost: Promise<Error>;
  close(): Promise<void>;
}

export type OpenTransport = () => Promise<Transport>;

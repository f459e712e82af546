// Simulated Modbus TCP server with two units. Register 0 of a unit counts seconds of its own life, so that each value that comes out of the gateway can be
// checked: it is one that the unit gave, and time does not go back.
import type { Network, PeerEnd } from './net.ts';
import type { World } from './world.ts';

export const PROFILE = 'points:\n  - {name: n, address: 0, type: uint16}\n';
export const UNITS = [1, 2] as const;

export class ModbusServer {
  readonly listener;
  /** Units that do not answer. */
  readonly dead = new Set<number>();
  /** So much later than usual comes an answer. */
  lateMs = 0;
  readonly given = new Map<number, Set<number>>(UNITS.map((u) => [u, new Set<number>()]));
  requests = 0;
  private readonly world: World;
  private readonly ends = new Set<PeerEnd>();

  constructor(network: Network) {
    this.world = network.world;
    this.listener = { down: false, mute: false, accept: (end: PeerEnd) => this.accept(end) };
    network.listeners.set(502, this.listener);
  }

  cut(): void {
    for (const end of [...this.ends]) {
      this.ends.delete(end);
      end.close();
    }
  }

  private accept(end: PeerEnd) {
    this.ends.add(end);
    let rest = Buffer.alloc(0);
    return {
      data: (bytes: Buffer) => {
        rest = Buffer.concat([rest, bytes]);
        while (rest.length >= 6 && rest.length >= 6 + rest.readUInt16BE(4)) {
          const frame = rest.subarray(0, 6 + rest.readUInt16BE(4));
          rest = rest.subarray(frame.length);
          this.answer(end, Buffer.from(frame));
        }
      },
      closed: () => void this.ends.delete(end),
    };
  }

  private answer(end: PeerEnd, request: Buffer): void {
    this.requests++;
    const unit = request[6]!;
    if (this.dead.has(unit) || !this.given.has(unit)) return;
    const count = request.readUInt16BE(10);
    const value = Math.floor(this.world.nowMs / 1000) & 0xffff;
    this.given.get(unit)!.add(value);
    const reply = Buffer.alloc(9 + 2 * count);
    request.copy(reply, 0, 0, 4);
    reply.writeUInt16BE(3 + 2 * count, 4);
    reply[6] = unit;
    reply[7] = request[7]!;
    reply[8] = 2 * count;
    reply.writeUInt16BE(value, 9);
    this.world.at(this.world.between(1, 15) + this.lateMs, () => {
      if (this.ends.has(end)) end.send(reply);
    });
  }
}

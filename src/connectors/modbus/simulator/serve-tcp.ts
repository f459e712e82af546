// Carries a simulated controller over Modbus TCP, with faults. Next: plc.ts.
import net from 'node:net';
import { disturb, type Faults, REBOOT_MS } from './faults.ts';
import type { Plc } from './plc.ts';

export interface SimulatedServer {
  readonly port: number;
  /** May be changed at any time. */
  faults: Faults;
  /** As a controller that starts anew: drops all connections, takes none for so long, and what was written is lost. */
  reboot(downMs: number): Promise<void>;
  close(): Promise<void>;
}

/** @param port 0: any free one  @throws when the port is taken */
export async function serveTcp(plc: Plc, port = 0, random: () => number = Math.random, host = '127.0.0.1'): Promise<SimulatedServer> {
  const sockets = new Set<net.Socket>();
  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, work: () => void) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, ms);
    timers.add(timer);
  };
  const onSocket = (socket: net.Socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    // the peer's death is not the server's trouble
    socket.on('error', () => socket.destroy());
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (data: Buffer) => {
      rest = Buffer.concat([rest, data]);
      while (rest.length >= 8 && rest.length >= 6 + rest.readUInt16BE(4)) {
        const size = 6 + rest.readUInt16BE(4);
        const request = rest.subarray(0, size);
        rest = rest.subarray(size);
        const f = server.faults;
        if (f.reboot && random() < f.reboot) {
          // nobody waits for it: a failure to listen again is a failure of the whole program
          void server.reboot(f.rebootMs ?? REBOOT_MS);
          return;
        }
        const reply =
          random() < (f.exception ?? 0) ? Buffer.from([request[6]!, request[7]! | 0x80, 6]) : plc.answer(Buffer.from(request.subarray(6)));
        if (!reply) continue;
        const wrap = (id: number) => {
          const head = Buffer.alloc(6);
          head.writeUInt16BE(id, 0);
          head.writeUInt16BE(reply.length, 4);
          return Buffer.concat([head, reply]);
        };
        const id = request.readUInt16BE(0);
        for (const { delayMs, frame } of disturb(request[6]!, wrap(id), f, random, () => wrap((id + 7) & 0xffff))) {
          const send = () => {
            if (!socket.destroyed) socket.write(frame);
          };
          if (delayMs > 0) later(delayMs, send);
          else send();
        }
      }
    });
  };
  let listener = net.createServer(onSocket);
  const listen = (at: number) =>
    new Promise<number>((resolve, reject) => {
      listener.once('error', reject);
      listener.listen(at, host, () => {
        listener.off('error', reject);
        resolve((listener.address() as net.AddressInfo).port);
      });
    });
  const shut = async () => {
    const gone = new Promise<void>((resolve) => listener.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await gone;
  };
  const used = await listen(port);
  let closed = false;
  let rebooting: Promise<void> | undefined;
  let wake: (() => void) | undefined;
  const server: SimulatedServer = {
    port: used,
    faults: {},
    reboot(downMs) {
      plc.restart();
      rebooting ??= (async () => {
        await shut();
        if (closed) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          later(downMs, resolve);
        });
        if (closed) return;
        listener = net.createServer(onSocket);
        await listen(used);
      })().finally(() => {
        rebooting = undefined;
      });
      return rebooting;
    },
    async close() {
      closed = true;
      wake?.();
      await rebooting;
      for (const timer of timers) clearTimeout(timer);
      await shut();
    },
  };
  return server;
}

// A broker of MQTT that says what a test wants it to say: the properties of CONNACK, and answers to single packets.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import mqttPacket, { type Packet } from 'mqtt-packet';

export interface ScriptedBroker {
  readonly url: string;
  readonly port: number;
  /** All packets that came, in order, with the number of their connection (from 1). */
  readonly heard: readonly (Packet & { connection: number })[];
  /** Sends a packet on the newest connection; a DISCONNECT ends it. */
  say(packet: Packet): void;
  close(): Promise<void>;
}

/** @param script the answer to a packet: packets to send, `hangUp`, or undefined for the usual answer */
export async function openScriptedBroker(
  script: (packet: Packet, connection: number) => Packet[] | 'hangUp' | undefined,
): Promise<ScriptedBroker> {
  const heard: (Packet & { connection: number })[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let newest: ((packet: Packet) => void) | undefined;
  const server = createServer((socket) => {
    const connection = ++connections;
    let version = 4;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const say = (packet: Packet) => {
      socket.write(mqttPacket.generate(packet, { protocolVersion: version }));
      if (packet.cmd === 'disconnect') socket.end();
    };
    newest = say;
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet: Packet) => {
      heard.push(Object.assign(packet, { connection }));
      if (packet.cmd === 'connect') version = packet.protocolVersion ?? 4;
      const answer = script(packet, connection) ?? usual(packet);
      if (answer === 'hangUp') socket.destroy();
      else for (const a of answer) say(a);
    });
    socket.on('data', (data: Buffer) => parser.parse(data));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `tcp://127.0.0.1:${port}`,
    port,
    heard,
    say: (packet) => newest!(packet),
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function usual(packet: Packet): Packet[] {
  switch (packet.cmd) {
    case 'connect':
      return [{ cmd: 'connack', reasonCode: 0, returnCode: 0, sessionPresent: false } as Packet];
    case 'subscribe':
      return [{ cmd: 'suback', messageId: packet.messageId, granted: packet.subscriptions.map((s) => s.qos) } as Packet];
    case 'publish':
      if (packet.qos === 0) return [];
      return [{ cmd: packet.qos === 1 ? 'puback' : 'pubrec', messageId: packet.messageId!, reasonCode: 0 } as Packet];
    case 'pubrel':
      return [{ cmd: 'pubcomp', messageId: packet.messageId!, reasonCode: 0 } as Packet];
    case 'unsubscribe':
      return [{ cmd: 'unsuback', messageId: packet.messageId!, granted: packet.unsubscriptions.map(() => 0) } as Packet];
    case 'pingreq':
      return [{ cmd: 'pingresp' }];
    default:
      return [];
  }
}

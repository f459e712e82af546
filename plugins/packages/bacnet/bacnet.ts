// Properties of a BACnet/IP device, read at an interval: one row, one column per point. An example of a plugin with an npm package: `kuiper plugin pack`
// makes one file of it. The protocol is the package's; ours are the socket (a port of its own, answers of the asked device only) and the rows.
import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter } from 'node:events';
import { isIPv4 } from 'node:net';
import bacnet from '@bacnet-js/client';
import { defineSource } from '@kuiper-gateway/plugin';
import { type Point, pointOf, readValue } from './points.ts';

// the package is CommonJS: its class is the default member of what it exports
const Client = bacnet.default;
type Client = InstanceType<typeof Client>;

const BACNET_PORT = 47_808;
/** Points in one request: their answers fit into one datagram of 1,476 bytes. */
const POINTS_PER_REQUEST = 20;

export const Bacnet = defineSource({
  doc: 'Properties of a BACnet/IP device: a row per interval.',
  options: {
    device: { type: 'string', doc: 'IPv4 address of the device, with :port when it is not 47808.', required: true },
    points: {
      type: 'string[]',
      doc: 'Columns, as name=object:instance, with .property for another one than present-value: ["supply=analog-input:1", "unit=analog-input:1.units"].',
      required: true,
    },
    timeout: { type: 'duration', doc: 'Longest wait for an answer.', default: '3s', min: 50 },
    localPort: {
      type: 'int',
      doc: 'Port of the gateway. 0: any free one; some devices answer to 47808 only.',
      default: 0,
      min: 0,
      max: 65_535,
    },
  },
  create() {
    let receiver = '';
    let points: Point[] = [];
    let timeoutMs = 3_000;
    let localPort = 0;
    let client: Client | undefined;
    /** False once the device has refused to read several properties at a time. */
    let several = true;

    const readSeveral = async (c: Client, part: readonly Point[], row: Row, errors: Errors): Promise<void> => {
      const answer = await c.readPropertyMultiple(
        { address: receiver },
        part.map((p) => ({ objectId: p.object, properties: [{ id: p.property, index: p.index }] })),
      );
      if (answer.values.length !== part.length) throw new Error(`the device answered ${answer.values.length} of ${part.length} points`);
      part.forEach((p, i) => {
        const { objectId, values } = answer.values[i] as unknown as Answer;
        if (objectId.type !== p.object.type || objectId.instance !== p.object.instance)
          throw new Error(`the device answered ${objectId.type}:${objectId.instance} where ${p.text} was asked`);
        keep(p, () => readValue(values[0]?.value ?? [], p), row, errors);
      });
    };
    const readOne = async (c: Client, p: Point, row: Row, errors: Errors): Promise<void> => {
      try {
        const answer = await c.readProperty({ address: receiver }, p.object, p.property, p.index === ALL ? {} : { arrayIndex: p.index });
        keep(p, () => readValue(answer.values, p), row, errors);
      } catch (error) {
        if (!/^BacnetError/.test((error as Error).message)) throw error;
        row[p.name] = null;
        errors[p.name] = (error as Error).message;
      }
    };

    return {
      configure({ options }) {
        const [host = '', port = String(BACNET_PORT), more] = options.device.split(':');
        if (!isIPv4(host) || more !== undefined || !(Number(port) >= 1 && Number(port) <= 65_535))
          throw new Error(`device "${options.device}" is not an IPv4 address with an optional port, as 192.168.1.20:47808`);
        receiver = `${host}:${Number(port)}`;
        points = options.points.map(pointOf);
        if (points.length === 0) throw new Error('points is empty: name at least one, as ["supply=analog-input:1"]');
        const twice = points.find((p, i) => points.findIndex((other) => other.name === p.name) < i);
        if (twice) throw new Error(`column "${twice.name}" is named twice in points`);
        timeoutMs = options.timeout;
        localPort = options.localPort;
      },
      async open(_ctx, _emit, fail) {
        const transport = await openTransport(localPort, receiver);
        const c = new Client({ transport, apduTimeout: timeoutMs });
        // the socket is gone; a device that does not answer is an error of pull
        c.on('error', (error: Error) => fail(error));
        client = c;
      },
      async pull(_ctx, emit) {
        const c = client!;
        const row: Row = {};
        const errors: Errors = {};
        try {
          for (let at = 0; at < points.length; at += POINTS_PER_REQUEST) {
            const part = points.slice(at, at + POINTS_PER_REQUEST);
            if (several)
              try {
                await readSeveral(c, part, row, errors);
                continue;
              } catch (error) {
                // an abort says that the answer would not fit, or that the service is unknown: one by one from now on
                if (!/^BacnetAbort/.test((error as Error).message)) throw error;
                several = false;
              }
            for (const p of part) await readOne(c, p, row, errors);
          }
        } catch (error) {
          const { message } = error as Error;
          throw new Error(message === 'ERR_TIMEOUT' ? `${receiver} did not answer within ${timeoutMs} ms` : `${receiver}: ${message}`);
        }
        await emit(Object.keys(errors).length > 0 ? { ...row, errors } : row);
      },
      close() {
        client?.close();
        client = undefined;
      },
    };
  },
});

type Row = Record<string, unknown>;
type Errors = Record<string, string>;
type Answer = { objectId: { type: number; instance: number }; values: { value: { type: number; value: unknown }[] }[] };
/** "The whole property" in the package's words. */
const ALL = 4_294_967_295;

/** A point that the device does not have is null in the row and named in `errors`; the others keep their values. */
function keep(p: Point, value: () => unknown, row: Row, errors: Errors): void {
  try {
    row[p.name] = value();
  } catch (error) {
    row[p.name] = null;
    errors[p.name] = (error as Error).message;
  }
}

/** A socket in the shape that the package takes. Datagrams of other senders are dropped: an answer belongs to the device that was asked. */
async function openTransport(localPort: number, receiver: string): Promise<EventEmitter> {
  const socket: Socket = createSocket('udp4');
  const events = new EventEmitter();
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(localPort, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('message', (bytes, from) => {
    if (`${from.address}:${from.port}` === receiver) events.emit('message', bytes, receiver);
  });
  socket.on('error', (error) => events.emit('error', error));
  return Object.assign(events, {
    // it is open already
    open: () => undefined,
    getBroadcastAddress: () => receiver,
    getMaxPayload: () => 1482,
    send(buffer: Buffer, length: number) {
      const [host, port] = receiver.split(':');
      socket.send(buffer, 0, length, Number(port), host);
    },
    close: () => socket.close(),
  });
}

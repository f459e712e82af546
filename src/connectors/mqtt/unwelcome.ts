// A publication that the broker answers by hanging up (too large, or not allowed: MQTT 3.1.1 has no other answer) would come again after
// every reconnect and hold up all that is behind it. When the same one, the largest on the wire, was there at ten losses in a row, it is
// refused. Called by connection.ts when a connection is lost.
import { createHash } from 'node:crypto';

/** Ten losses take half a minute with the pauses between attempts: a link that merely drops out does not lose the same message so often. */
const LOSSES = 10;

export interface Publication {
  readonly topic: string;
  readonly payload: string | Buffer;
  /** Ends it with an error that is not tried again. */
  readonly refuse: (error: Error) => void;
}

export const bytesOf = (p: Pick<Publication, 'payload'>): number => Buffer.byteLength(p.payload);

export interface UnwelcomeWatch {
  /** Something is suspected: whoever confirms a publication says so. */
  suspects: boolean;
  /** The broker closed a connection with these on the wire. @param atMs monotonic */
  lost(onWire: Iterable<Publication>, atMs: number): void;
  /** The broker took this one: it is not what it hangs up on. */
  confirmed(publication: Publication): void;
}

/** Losses that lie further apart have nothing to do with each other. */
const APART_MS = 120_000;

export function createUnwelcomeWatch(): UnwelcomeWatch {
  let suspect = '';
  let suspectTopic = '';
  let suspectBytes = 0;
  let losses = 0;
  let lastAtMs = 0;
  const watch: UnwelcomeWatch = {
    suspects: false,
    confirmed(p) {
      if (p.topic !== suspectTopic || bytesOf(p) !== suspectBytes) return;
      losses = 0;
      watch.suspects = false;
    },
    lost(onWire, atMs) {
      let largest: Publication | undefined;
      for (const p of onWire) if (!largest || bytesOf(p) > bytesOf(largest)) largest = p;
      if (!largest) return;
      const id = createHash('sha256').update(largest.topic).update('\0').update(largest.payload).digest('hex');
      losses = id === suspect && atMs - lastAtMs < APART_MS ? losses + 1 : 1;
      suspect = id;
      suspectTopic = largest.topic;
      suspectBytes = bytesOf(largest);
      lastAtMs = atMs;
      watch.suspects = losses < LOSSES;
      if (losses < LOSSES) return;
      losses = 0;
      largest.refuse(
        new Error(
          `the broker closed the connection ${LOSSES} times when this message of ${bytesOf(largest)} bytes was sent to "${largest.topic}": it is too large, or not allowed`,
        ),
      );
    },
  };
  return watch;
}

/** Bytes of a PUBLISH packet (MQTT 5 §3.3). */
export function packetBytes(
  topic: string,
  payload: string | Buffer,
  qos: number,
  user: Readonly<Record<string, string>> | undefined,
  more?: { contentType?: string; messageExpiryInterval?: number },
): number {
  let properties = (more?.contentType ? 3 + Buffer.byteLength(more.contentType) : 0) + (more?.messageExpiryInterval === undefined ? 0 : 5);
  for (const [k, v] of Object.entries(user ?? {})) properties += 5 + Buffer.byteLength(k) + Buffer.byteLength(String(v));
  const rest = 2 + Buffer.byteLength(topic) + (qos > 0 ? 2 : 0) + varIntBytes(properties) + properties + Buffer.byteLength(payload);
  return 1 + varIntBytes(rest) + rest;
}

const varIntBytes = (n: number): number => (n < 128 ? 1 : n < 16_384 ? 2 : n < 2_097_152 ? 3 : 4);

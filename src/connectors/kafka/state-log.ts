// What is in the state topic of a spread rule, as values. Pure; state-topic.ts reads and writes it. Each partition of the topic is the log of one
// partition of the input. Who reads a partition first writes a claim; a state counts only while its claim is the last one in the log. So the state of
// a member that was taken for dead and wrote on is nobody's (docs/adr/0261).

/** State of one partition, with the position in the input that belongs to it. */
export interface PartitionState {
  /** The next message to read. */
  readonly next: bigint;
  /** Undefined: the rule has none yet. */
  readonly state: Uint8Array | undefined;
}

export interface LogRecord {
  readonly key: string;
  /** Undefined: the key is deleted. */
  readonly value: Uint8Array | undefined;
}

const VERSION = 1;
const HEAD_BYTES = 10;

export const claimKey = (claim: string): string => `claim/${claim}`;
export const stateKey = (claim: string): string => `state/${claim}`;

export function encodeState({ next, state }: PartitionState): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt8(VERSION, 0);
  head.writeBigInt64BE(next, 1);
  head.writeUInt8(state ? 1 : 0, 9);
  return Buffer.concat([head, state ?? Buffer.alloc(0)]);
}

/** @throws Error for bytes that are not a state of this version */
export function decodeState(bytes: Uint8Array): PartitionState {
  const b = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (b.length < HEAD_BYTES || b.readUInt8(0) !== VERSION) throw new Error('not a state of this version');
  return { next: b.readBigInt64BE(1), state: b.readUInt8(9) === 1 ? b.subarray(HEAD_BYTES) : undefined };
}

/** Reads one partition's log from its beginning. */
export class StateLog {
  /** The state that counts; undefined: there is none. */
  truth: PartitionState | undefined;
  /** Keys with a value: they are deleted when a newer state stands behind them. */
  readonly keys = new Set<string>();
  private claim = '';

  /** @throws Error for a state that cannot be read */
  read({ key, value }: LogRecord): void {
    if (value === undefined) {
      this.keys.delete(key);
      return;
    }
    this.keys.add(key);
    const [kind, claim = ''] = key.split('/');
    if (kind === 'claim') this.claim = claim;
    else if (kind === 'state' && claim === this.claim) this.truth = decodeState(value);
  }
}

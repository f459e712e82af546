// What tells a message from others of its session: packet id and content. A broker repeats unconfirmed messages under their ids after a lost
// connection or a kill; ids alone are used again for new messages. Used by source-node.ts for stateful rules.
import type { Emit } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Meta } from '../../data/tuple.ts';

/** Bytes of the payload that are looked at. */
const MAX_BYTES = 512;

/** Fills `identity` and `repeated` in, when the source numbers its messages. */
export function identify(ack: Ack, meta: Meta | undefined, data: Parameters<Emit>[0]): void {
  const id = meta?.['messageId'];
  if (typeof id !== 'number' || id <= 0 || !(data instanceof Uint8Array)) return;
  ack.identity = id + 65_536 * fnv1a(data);
  ack.repeated = meta!['dup'] === true;
}

function fnv1a(bytes: Uint8Array): number {
  const end = Math.min(bytes.length, MAX_BYTES);
  let h = 0x811c9dc5 ^ bytes.length;
  for (let i = 0; i < end; i++) h = Math.imul(h ^ bytes[i]!, 0x01000193);
  return h >>> 0;
}

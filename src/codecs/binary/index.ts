// FORMAT="binary": the payload as it is, in the column `self` (or the one declared BYTEA field). A sink takes a row with one bytes column.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition } from '../../contract/codec.ts';
import { setMember } from '../../data/set-member.ts';
import type { ValueObject } from '../../data/value.ts';

export default {
  kind: 'codec',
  name: 'binary',
  createDecoder: (options) => {
    const name = options.schema?.length === 1 ? options.schema[0]!.name : 'self';
    return {
      // a copy: the payload is a part of the socket's buffer, which a kept row would hold whole
      decode: (payload) => setMemberOf(name, new Uint8Array(payload)),
    };
  },
  createEncoder: () => ({
    encode(data) {
      const rows = Array.isArray(data) ? data : [data];
      const parts = rows.map((row) => {
        const values = Object.values(row).filter((v) => v instanceof Uint8Array);
        if (values.length !== 1 || Object.keys(row).length !== 1)
          throw rowError(
            `format binary needs rows with exactly one bytes column, found columns ${Object.keys(row).join(', ') || '(none)'}`,
          );
        return values[0] as Uint8Array;
      });
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
  }),
} satisfies CodecDefinition;

function setMemberOf(name: string, value: Uint8Array): ValueObject {
  const row: ValueObject = {};
  setMember(row, name, value);
  return row;
}

// The journal by its own protocol: one datagram per line, so that fields are fields (`journalctl KUIPER_RULE=press`). Node has no sockets of that kind, so
// libc is called (node:ffi, docs/adr/0275). Nothing depends on it: what cannot be sent so goes to standard output as a line (journal-lines.ts).

/** Where journald listens, on every system that runs it. */
const JOURNAL_PATH = '/run/systemd/journal/socket';
const AF_UNIX = 1;
/** SOCK_DGRAM, closed in programs that we start. */
const SOCK_DGRAM_CLOEXEC = 0o2_000_002;
/** Never wait for the journal, and no signal when it is gone. */
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const FAMILY_BYTES = 2;
/** Longest path of a socket, with its end. */
const MAX_PATH_BYTES = 108;

export interface JournalSocket {
  /** @returns false when the journal did not take it: it is full, away, or the entry is too large */
  send(entry: Uint8Array): boolean;
}

/** @returns undefined where libc cannot be called so: another system, or a Node without FFI */
export function openJournalSocket(path: string = JOURNAL_PATH): JournalSocket | undefined {
  try {
    // SAFETY of types: the signatures are those of socket(2) and sendto(2) on 64-bit Linux, the only kind that Node runs on
    const { functions } = process.getBuiltinModule('node:ffi').dlopen(null, {
      socket: { arguments: ['int32', 'int32', 'int32'], return: 'int32' },
      sendto: { arguments: ['int32', 'pointer', 'uint64', 'int32', 'pointer', 'uint32'], return: 'int64' },
    });
    const address = Buffer.alloc(FAMILY_BYTES + MAX_PATH_BYTES);
    if (Buffer.byteLength(path) >= MAX_PATH_BYTES) return undefined;
    address.writeUInt16LE(AF_UNIX, 0);
    const length = FAMILY_BYTES + address.write(path, FAMILY_BYTES) + 1;
    const fd = functions.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
    if (fd < 0) return undefined;
    return {
      send: (entry) => functions.sendto(fd, entry, BigInt(entry.length), MSG_DONTWAIT_NOSIGNAL, address, length) === BigInt(entry.length),
    };
  } catch {
    return undefined; // no FFI here: lines say the same, with the fields at their end
  }
}

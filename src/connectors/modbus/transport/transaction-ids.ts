// Transaction ids of one Modbus TCP connection. An id whose reply is still outstanding (the request timed out) is not given out again, also not after
// the 16 bits have gone round: at 10,000 requests a second that is after 6.5 s, and a reply may be later than that.

export interface TransactionIds {
  /** The next id that is not live; live from now on. */
  take(): number;
  /** Its reply came. @returns whether it was live */
  answered(id: number): boolean;
}

/** So many may be live; beyond it the oldest is given up. Each costs a time-out, so that this takes minutes. */
const MAX_LIVE = 32_768;

export function createTransactionIds(first: number): TransactionIds {
  // in the order in which they were given out
  const live = new Set<number>();
  let next = first & 0xffff;
  return {
    take() {
      while (live.has(next)) next = (next + 1) & 0xffff;
      const id = next;
      next = (next + 1) & 0xffff;
      live.add(id);
      if (live.size > MAX_LIVE) live.delete(live.values().next().value!);
      return id;
    },
    answered(id) {
      return live.delete(id);
    },
  };
}

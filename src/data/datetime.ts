// A point in time with nanoseconds and the zone in which it is shown, as Go's time.Time. Parsing and formatting: datetime-parse.ts,
// datetime-format.ts.

export class DateTime {
  /** Brand that data/value.ts tests without importing this file. */
  readonly isDateTime = true;
  /** Nanoseconds since the epoch. */
  readonly epochNs: bigint;
  /** IANA name or fixed offset such as `+08:00`; `UTC` prints as Z. */
  readonly zone: string;

  constructor(epochNs: bigint, zone = 'UTC') {
    this.epochNs = epochNs;
    this.zone = zone;
  }

  static fromMs(epochMs: number, zone = 'UTC'): DateTime {
    return new DateTime(BigInt(Math.trunc(epochMs)) * 1_000_000n, zone);
  }

  /** Milliseconds since the epoch, rounded down. */
  get epochMs(): number {
    const ms = this.epochNs / 1_000_000n;
    return Number(this.epochNs < 0n && this.epochNs % 1_000_000n !== 0n ? ms - 1n : ms);
  }
}

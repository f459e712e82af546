// How a connection to a broker is kept, as a value: which server and version is tried next, when it is lost, when the pauses begin anew.
// `step` is pure; connection.ts carries its effects out. Brokers of 3.1.1 that hang up on MQTT 5 and those that name their version are
// both found; several servers are tried in turn.

/** A connection that lived this long starts the backoff anew. */
const STABLE_MS = 10_000;

export type Version = 3 | 4 | 5;

export interface Link {
  /** `idle`: not begun, or waiting for the next try; `closed`: for good. */
  readonly phase: 'idle' | 'opening' | 'up' | 'closed';
  /** Server that is tried or connected. */
  readonly address: number;
  readonly addresses: number;
  readonly version: Version;
  /** The user named the version. */
  readonly fixed: boolean;
  /** The broker spoke this version once. */
  readonly versionKnown: boolean;
  /** Attempts in a row that ended without an answer to CONNECT. */
  readonly unanswered: number;
  /** Monotonic; 0 = not connected. */
  readonly connectedAtMs: number;
  /** Losses and failed attempts since it was up. */
  readonly tries: number;
}

export type LinkEvent =
  | { readonly type: 'open' }
  | { readonly type: 'up'; readonly atMs: number }
  /** The broker does not speak this version. */
  | { readonly type: 'versionRefused' }
  /** @property hungUp the broker closed it without a reason */
  | { readonly type: 'lost'; readonly atMs: number; readonly hungUp: boolean }
  | { readonly type: 'close' };

export type LinkEffect =
  | { readonly type: 'connect' }
  /** @property fresh the pauses begin anew  @property news worth a line in the log */
  | { readonly type: 'retry'; readonly fresh: boolean; readonly news: boolean }
  | { readonly type: 'older' };

export type Step = readonly [Link, readonly LinkEffect[]];

const none: readonly LinkEffect[] = [];
const connect: readonly LinkEffect[] = [{ type: 'connect' }];
const older: readonly LinkEffect[] = [{ type: 'older' }];

/** @param version the user's; undefined = 5, with older ones when the broker wants them */
export function newLink(addresses: number, version: Version | undefined): Link {
  return {
    phase: 'idle',
    address: 0,
    addresses,
    version: version ?? 5,
    fixed: version !== undefined,
    versionKnown: false,
    unanswered: 0,
    connectedAtMs: 0,
    tries: 0,
  };
}

export function step(link: Link, event: LinkEvent): Step {
  if (link.phase === 'closed') return [link, none];
  switch (event.type) {
    case 'open': {
      if (link.phase !== 'idle') return [link, none];
      // some brokers of 3.1.1 hang up on a CONNECT of MQTT 5 instead of naming their version: every third attempt tries the old one
      const version = link.fixed || link.versionKnown ? link.version : link.unanswered % 3 === 2 ? 4 : 5;
      return [{ ...link, phase: 'opening', version }, connect];
    }
    case 'up':
      if (link.phase !== 'opening') return [link, none];
      return [{ ...link, phase: 'up', connectedAtMs: event.atMs, versionKnown: true, unanswered: 0, tries: 0 }, none];
    case 'versionRefused':
      if (link.fixed || link.version !== 5) return [link, none];
      // until an upgraded broker is met by the next start
      return [{ ...link, version: 4, versionKnown: true }, older];
    case 'lost': {
      if (link.phase === 'idle') return [link, none];
      const wasUp = link.phase === 'up';
      return [
        {
          ...link,
          phase: 'idle',
          address: (link.address + 1) % link.addresses,
          unanswered: link.unanswered + (event.hungUp && !wasUp ? 1 : 0),
          connectedAtMs: 0,
          tries: link.tries + 1,
        },
        [{ type: 'retry', fresh: wasUp && event.atMs - link.connectedAtMs > STABLE_MS, news: wasUp || link.tries === 0 }],
      ];
    }
    case 'close':
      return [{ ...link, phase: 'closed' }, none];
  }
}

// The life of one connection as a table: phase × event → phase and effects. Pure: no clock, no peer. link.ts interprets it; the README of
// this folder shows it as a drawing. Whatever is not in the table is too late or too early and changes nothing.

export type LinkPhase =
  /** Never opened. */
  | 'closed'
  /** `open` of the peer was called and has not answered. */
  | 'opening'
  | 'open'
  /** Lost: `close` of the peer was called and has not answered. */
  | 'closing'
  /** Lost: the pause before the next try is under way. */
  | 'waiting'
  /** The peer came to its end (a file was read); nothing is opened again. */
  | 'finished'
  /** The owner ended it. */
  | 'ended';

export type LinkEvent =
  | 'start'
  | 'opened'
  /** The peer was lost, refused to open, or did not open in time. */
  | 'failed'
  | 'finished'
  /** The lost peer is closed, or did not close in time. */
  | 'shut'
  /** The pause is over. */
  | 'due'
  | 'end';

export type LinkEffect =
  /** Call `open` of the peer, within its limit. */
  | 'open'
  /** Tell the owner that the peer takes work. */
  | 'up'
  /** Tell the owner that it does not any more. */
  | 'down'
  /** Call `close` of the lost peer, within its limit. */
  | 'close'
  /** Start the pause before the next try. */
  | 'pause'
  /** Stop the pause. */
  | 'disarm'
  /** Call `close` of the peer for the last time. */
  | 'bye';

export interface LinkMove {
  readonly to: LinkPhase;
  readonly effects: readonly LinkEffect[];
}

export const linkTable: Readonly<Record<LinkPhase, Readonly<Partial<Record<LinkEvent, LinkMove>>>>> = {
  closed: {
    start: { to: 'opening', effects: ['open'] },
    end: { to: 'ended', effects: ['bye'] },
  },
  opening: {
    opened: { to: 'open', effects: ['up'] },
    failed: { to: 'closing', effects: ['down', 'close'] },
    finished: { to: 'finished', effects: [] },
    end: { to: 'ended', effects: ['bye'] },
  },
  open: {
    failed: { to: 'closing', effects: ['down', 'close'] },
    finished: { to: 'finished', effects: [] },
    end: { to: 'ended', effects: ['bye'] },
  },
  closing: {
    shut: { to: 'waiting', effects: ['pause'] },
    end: { to: 'ended', effects: [] },
  },
  waiting: {
    due: { to: 'opening', effects: ['open'] },
    end: { to: 'ended', effects: ['disarm'] },
  },
  finished: {
    end: { to: 'ended', effects: ['bye'] },
  },
  ended: {},
};

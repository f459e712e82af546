// The sink's outbox as a machine: (state, event, load) → [state, effects]. Pure: no clock, no disk, no peer. sink-line.ts interprets the
// effects; README.md of this folder has the table.
//
// The machine is level-triggered. An event only changes what it is about; `due` then looks at the whole state and adds what is missing. So
// no event can be lost in a corner: while the link is open and something waits, something is armed or under way.

export type Mode =
  /** Straight to the sink. */
  | 'up'
  /** Something failed; the rest waits in memory. */
  | 'retrying'
  /** Too long or too much: everything goes through the disk, and from there in order to the sink. */
  | 'spilling';

export interface Outbox {
  readonly mode: Mode;
  readonly link: 'down' | 'open';
  readonly disk: 'ok' | 'failing';
  /** Sends the backlog on disk. */
  readonly drain: 'idle' | 'running';
  /** Writes what lies in the buffer. */
  readonly flush: 'idle' | 'armed' | 'writing';
  /** The pause before the next try. */
  readonly retry: 'idle' | 'armed';
  /** Looks whether the sink confirms anything. */
  readonly watch: 'idle' | 'armed';
  /** Looks whether the peer answers at all. */
  readonly guard: 'idle' | 'armed';
  readonly ended: boolean;
}

/** What lies where. */
export interface Load {
  /** Items that wait in memory. */
  readonly waiting: number;
  /** Items that the sink has not answered for. */
  readonly flying: number;
  /** Those of them that have a copy on disk or on its way there. */
  readonly copies: number;
  /** Items on their way to disk. */
  readonly buffered: number;
  /** Pages on disk. */
  readonly pages: number;
}

export type OutboxEvent =
  | 'linkUp'
  | 'linkDown'
  /** The component says that its peer is back. */
  | 'woken'
  /** An item began to wait or to fly, or came into the buffer. */
  | 'added'
  /** The sink answered, somehow. */
  | 'answered'
  /** … and took something, while the disk failed. */
  | 'delivered'
  /** An item failed and must be tried again. */
  | 'failed'
  /** Too long or too much in memory. */
  | 'stuck'
  | 'retryDue'
  /** The watch looked, and all is well. */
  | 'watchDue'
  /** The guard looked, and the peer answers. */
  | 'guardDue'
  | 'flushDue'
  | 'written'
  | 'writeFailed'
  /** Stored rows are sent beside new ones, and the sink took some: new ones need not go through the disk any more. */
  | 'parted'
  /** Nothing is left on disk. */
  | 'drained'
  /** The backlog met a failure. */
  | 'drainFailed'
  | 'end';

export type OutboxEffect =
  | 'pump'
  /** Everything in memory goes to the buffer. */
  | 'spill'
  | 'drain'
  | 'stopDrain'
  | 'flush'
  /** What did not get to disk is delivered from memory. */
  | 'unspill'
  | 'armRetry'
  | 'clearRetry'
  /** The watch counts from now. */
  | 'armWatch'
  /** The watch goes on counting. */
  | 'rearmWatch'
  | 'clearWatch'
  | 'armGuard'
  | 'clearGuard'
  /** After a short time for collecting, at once when much lies there, after a pause when the disk fails. */
  | 'armFlush'
  | 'clearFlush';

export const newOutbox: Outbox = {
  mode: 'up',
  link: 'down',
  disk: 'ok',
  drain: 'idle',
  flush: 'idle',
  retry: 'idle',
  watch: 'idle',
  guard: 'idle',
  ended: false,
};

type Draft = { -readonly [K in keyof Outbox]: Outbox[K] };

export function step(before: Outbox, event: OutboxEvent, load: Load): readonly [Outbox, readonly OutboxEffect[]] {
  if (before.ended) return [before, none];
  const s: Draft = { ...before };
  const effects: OutboxEffect[] = [];
  happened(s, event, load, effects);
  if (!s.ended) due(s, load, effects);
  return [s, effects];
}

/** What the event itself changes. */
function happened(s: Draft, event: OutboxEvent, load: Load, effects: OutboxEffect[]): void {
  switch (event) {
    case 'linkUp':
      s.link = 'open';
      return tryNow(s, load, effects);
    case 'linkDown':
      s.link = 'down';
      if (s.drain === 'running') effects.push('stopDrain');
      s.drain = 'idle';
      return;
    case 'woken':
      // the pause begins anew, and is short
      return clearRetry(s, effects);
    case 'failed':
      if (s.mode === 'up') s.mode = 'retrying';
      return;
    case 'stuck':
      if (s.mode === 'spilling') return;
      s.mode = 'spilling';
      effects.push('spill');
      return;
    case 'retryDue':
      s.retry = 'idle';
      return tryNow(s, load, effects);
    case 'watchDue':
      s.watch = 'idle';
      if (s.mode !== 'spilling' && load.waiting + load.flying > 0) {
        s.watch = 'armed';
        effects.push('rearmWatch');
      }
      return;
    case 'guardDue':
      s.guard = 'idle';
      return;
    case 'flushDue':
      s.flush = 'writing';
      effects.push('flush');
      return;
    case 'written':
      s.flush = 'idle';
      s.disk = 'ok';
      return;
    case 'writeFailed':
      s.flush = 'idle';
      s.disk = 'failing';
      return;
    case 'parted':
      if (s.mode === 'spilling') s.mode = 'up';
      return;
    case 'drained':
      s.drain = 'idle';
      s.mode = 'up';
      if (s.flush === 'armed') {
        s.flush = 'idle';
        effects.push('clearFlush');
      }
      effects.push('unspill');
      return;
    case 'drainFailed':
      s.drain = 'idle';
      return;
    case 'end':
      return end(s, effects);
    case 'delivered':
      // nothing needs the disk any more
      if (load.buffered === 0) s.disk = 'ok';
      return;
    case 'added':
    case 'answered':
  }
}

/** The next try, as far as the sink may be tried now. */
function tryNow(s: Draft, load: Load, effects: OutboxEffect[]): void {
  clearRetry(s, effects);
  if (s.link !== 'open') return;
  if (s.mode === 'retrying' && load.flying === 0) s.mode = 'up';
  if (hasBacklog(s, load) && s.drain === 'idle' && load.copies === 0) {
    s.drain = 'running';
    effects.push('drain');
  }
}

/** What the state as a whole asks for, and is not under way. Each rule stands alone; their order does not matter, but that `pump` is last. */
function due(s: Draft, load: Load, effects: OutboxEffect[]): void {
  const unspilled = effects.includes('unspill') ? load.buffered : 0;
  const waiting = load.waiting + unspilled;
  const buffered = load.buffered - unspilled + (effects.includes('spill') ? load.waiting + load.flying - load.copies : 0);
  if (buffered > 0 && s.flush === 'idle') {
    s.flush = 'armed';
    effects.push('armFlush');
  }
  // nothing needs the disk
  if (waiting + load.flying + buffered + load.pages === 0 && s.mode === 'up' && s.flush === 'idle') s.disk = 'ok';
  const idle = s.drain === 'idle' && s.retry === 'idle';
  const owesTry = (s.mode === 'retrying' && load.flying === 0) || (hasBacklog(s, load) && load.copies === 0);
  if (s.link === 'open' && idle && owesTry) {
    s.retry = 'armed';
    effects.push('armRetry');
  }
  if (s.link !== 'open' || s.mode === 'up') {
    // nothing to retry: a link that opens tries by itself
    if (s.link !== 'open' || !hasBacklog(s, load)) clearRetry(s, effects);
  }
  const needsWatch = s.mode !== 'spilling' && waiting + load.flying > 0;
  if (needsWatch && s.watch === 'idle') {
    s.watch = 'armed';
    effects.push('armWatch');
  } else if (s.mode === 'spilling' && s.watch === 'armed') {
    s.watch = 'idle';
    effects.push('clearWatch');
  }
  const needsGuard = s.link === 'open' && (s.drain === 'running' || (s.mode === 'spilling' && load.copies > 0));
  if (needsGuard && s.guard === 'idle') {
    s.guard = 'armed';
    effects.push('armGuard');
  } else if (!needsGuard && s.guard === 'armed') {
    s.guard = 'idle';
    effects.push('clearGuard');
  }
  if (s.mode === 'up' && s.link === 'open' && waiting > 0) effects.push('pump');
}

const hasBacklog = (s: Outbox, load: Load): boolean => s.mode === 'spilling' || load.pages > 0;

function clearRetry(s: Draft, effects: OutboxEffect[]): void {
  if (s.retry === 'armed') effects.push('clearRetry');
  s.retry = 'idle';
}

function end(s: Draft, effects: OutboxEffect[]): void {
  s.ended = true;
  clearRetry(s, effects);
  if (s.watch === 'armed') effects.push('clearWatch');
  if (s.guard === 'armed') effects.push('clearGuard');
  if (s.flush === 'armed') effects.push('clearFlush');
  if (s.drain === 'running') effects.push('stopDrain');
  s.watch = 'idle';
  s.guard = 'idle';
  if (s.flush === 'armed') s.flush = 'idle';
  s.drain = 'idle';
}

const none: readonly OutboxEffect[] = [];

/** Whether the sources are asked to wait: with a distance between yes and no, so that they are not asked for every row. */
export function isBehind(
  before: boolean,
  s: Outbox,
  waiting: number,
  buffered: number,
  limits: { readonly waiting: number; readonly buffered: number },
): boolean {
  if (s.disk === 'failing' && buffered > 0) return true;
  if (buffered >= limits.buffered) return true;
  if (s.mode !== 'spilling' && waiting >= limits.waiting) return true;
  return before && !(buffered < limits.buffered / 2 && (s.mode === 'spilling' || waiting <= limits.waiting / 2));
}

/** True when a sink that has something to send will do so without anything from outside: what the model test and the design promise. */
export const isAlive = (s: Outbox, load: Load): boolean => {
  if (s.ended || s.link !== 'open') return true;
  if (load.buffered > 0 && s.flush === 'idle') return false;
  if (load.waiting + load.flying + load.buffered + load.pages === 0 && s.mode !== 'spilling') return true;
  return s.drain === 'running' || s.retry === 'armed' || load.flying > 0 || (s.mode === 'up' && load.waiting + load.pages === 0);
};

// One plugin host as the gateway sees it: frames over its socket, threads by number, its heartbeat and its memory. Reads no more than its share
// of the event loop, whatever the host sends. Made by pens.ts; next: worker/pen.ts, the other end.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Thread, ThreadEvents, ThreadStart } from '../remote/thread.ts';
import { createFrameReader, frameOf } from '../worker/frames.ts';
import type { FromPen, PenSetup, ToPen } from '../worker/pen-protocol.ts';
import type { FromWorker, ToWorker } from '../worker/protocol.ts';
import { checkExtent, checkedMessage, rowsOf } from './check-message.ts';
import { type LaunchedPen, rssOf } from './launch.ts';

export interface PenEvents {
  /** The whole host is gone. @param plugins that ran in it  @param known the culprit, when the reason is one plugin's */
  died(reason: string, plugins: readonly string[]): void;
}

export interface Pen {
  thread(start: ThreadStart, events: ThreadEvents): Thread;
  readonly threads: number;
  readonly rssMb: number;
  readonly pid: number | undefined;
  close(): void;
}

export interface PenOptions {
  launched: LaunchedPen;
  setup: PenSetup;
  clock: Clock;
  log: Log;
  events: PenEvents;
}

/** Nothing heard for so long: the host stands still as a whole (it beats once a second). */
const SILENCE_LIMIT_MS = 10_000;
/** The same before its first word, which a slow board takes long for. */
const BOOT_LIMIT_MS = 60_000;
const LOOK_MS = 1_000;
/** The host itself ends a thread that uses too much; when it does not get to that, it ends as a whole. */
const RSS_SLACK = 1.25;
/** Work on messages in one turn; then others come to theirs, for as long as the work took. */
const TURN_MS = 5;
/** Rows that a source may have sent beyond its credit: a batch that was under way, and one for each place where it is cut. */
const CREDIT_SLACK_ROWS = 2 * 8_192;
/** State of one message; a checkpoint must be able to hold it. */
const MAX_STATE_BYTES = 4 * 1024 * 1024;

export function createPen({ launched, setup, clock, log, events }: PenOptions): Pen {
  const { socket } = launched;
  const threads = new Map<number, { start: ThreadStart; events: ThreadEvents; unpaid: Map<number, number> }>();
  const reader = createFrameReader();
  let numbers = 0;
  let over = false;
  let greeted = false;
  let rssMb = 0;
  let silentMs = 0;
  let resting = false;
  let pid = launched.pid;
  let watch: TimerHandle | undefined;

  const send = (m: ToPen) => {
    if (!over) socket.write(frameOf(m));
  };
  const die = (reason: string) => {
    if (over) return;
    over = true;
    clock.clear(watch);
    socket.destroy();
    launched.kill();
    const lost = [...threads.values()];
    threads.clear();
    if (lost.length > 0) log.error({ code: 'PLUGIN_HOST', reason, plugins: lost.map((t) => t.start.plugin) }, 'A plugin host has ended.');
    events.died(
      reason,
      lost.map((t) => t.start.plugin),
    );
    for (const t of lost) t.events.ended(reason, undefined, lost.length > 1);
  };

  const look = () => {
    watch = clock.setTimer(LOOK_MS, () => {
      silentMs += LOOK_MS;
      const outside = pid === undefined ? undefined : rssOf(pid);
      if (outside !== undefined) rssMb = outside;
      if (rssMb > setup.maxRssMb * RSS_SLACK) return die(`it used ${Math.round(rssMb)} MB of memory, of ${setup.maxRssMb} MB`);
      if (silentMs >= (greeted ? SILENCE_LIMIT_MS : BOOT_LIMIT_MS)) return die(`it stood still for ${silentMs / 1000} s`);
      look();
    });
  };

  const says = (w: number, m: FromWorker, bytes: number) => {
    const t = threads.get(w);
    if (!t) return;
    if (m.t === 'emit') {
      const rows = rowsOf(m.batch.data);
      const unpaid = (t.unpaid.get(m.batch.id) ?? 0) + rows;
      if (unpaid > CREDIT_SLACK_ROWS) return end(w, `it sent ${unpaid} rows without waiting, although the gateway was behind`);
      t.unpaid.set(m.batch.id, unpaid);
      m.batch.rows = rows;
    }
    if ((m.t === 'state' || (m.t === 'results' && m.changes.length > 0)) && bytes > MAX_STATE_BYTES)
      return end(w, `it put ${bytes} bytes of state at once; ${MAX_STATE_BYTES} are the most`);
    t.events.message(m);
  };
  /** Ends one thread for what it did. */
  const end = (w: number, reason: string) => {
    const t = threads.get(w);
    threads.delete(w);
    send({ t: 'end', w });
    t?.events.ended(reason);
  };

  const onMessage = (m: FromPen, bytes: number) => {
    silentMs = 0;
    switch (m.t) {
      case 'hello':
        greeted = true;
        pid ??= m.pid;
        break;
      case 'beat':
        rssMb = m.rssMb;
        break;
      case 'ended': {
        const t = threads.get(m.w);
        threads.delete(m.w);
        t?.events.ended(m.reason);
        break;
      }
      case 'says':
        says(m.w, m.m, bytes);
        break;
    }
  };

  /** Half of the loop at most: after each turn of work a pause of the same length. */
  const pump = () => {
    if (over || resting) return;
    const beganMs = performance.now();
    try {
      for (let m = reader.next(); m !== undefined; m = reader.next()) {
        checkExtent(m.value, m.bytes);
        onMessage(checkedMessage(m.value), m.bytes);
        if (over) return;
        if (performance.now() - beganMs < TURN_MS) continue;
        resting = true;
        socket.pause();
        setTimeout(() => {
          resting = false;
          socket.resume();
          pump();
        }, performance.now() - beganMs);
        return;
      }
    } catch (error) {
      die(`it sends garbage: ${messageOf(error)}`);
    }
  };

  socket.on('data', (chunk: Buffer) => {
    reader.add(chunk);
    pump();
  });
  socket.on('error', (error) => die(`its connection broke: ${messageOf(error)}`));
  socket.on('close', () => die('it exited unexpectedly'));
  send(setup);
  look();

  return {
    get threads() {
      return threads.size;
    },
    get rssMb() {
      return rssMb;
    },
    get pid() {
      return pid;
    },
    thread(start, threadEvents) {
      const w = ++numbers;
      const unpaid = new Map<number, number>();
      threads.set(w, { start, events: threadEvents, unpaid });
      send({ t: 'start', w, plugin: start.plugin, text: start.text, symbols: start.symbols });
      return {
        post(m: ToWorker) {
          if (m.t === 'credit') unpaid.set(m.id, Math.max(0, (unpaid.get(m.id) ?? 0) - m.rows));
          send({ t: 'post', w, m });
        },
        async end() {
          if (threads.delete(w)) send({ t: 'end', w });
        },
      };
    },
    close() {
      over = true;
      clock.clear(watch);
      socket.destroy();
      launched.kill();
    },
  };
}

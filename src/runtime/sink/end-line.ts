// The end of a sink's line. Called by sink-node.ts when its rule stops.
import { ioError } from '../../base/errors/gateway-error.ts';
import type { LineAccess } from './line-access.ts';
import type { SinkItem } from './sink-item.ts';

/** Memory is looked at so often while the sink may still deliver. */
const LOOK_MS = 10;

/** Lets the sink deliver until the deadline; after it nothing is sent any more.
 *  @param wait false: at once  @returns what is left in memory, oldest first */
export async function endLine(line: LineAccess, deadlineMs: number, wait: boolean): Promise<SinkItem[]> {
  const { clock, lot } = line.parts;
  const leftMs = () => deadlineMs - clock.monotonic();
  const moves = () => line.pending > 0 && line.state.mode !== 'spilling' && line.state.link === 'open';
  while (wait && moves() && leftMs() > 0) await clock.sleep(Math.min(LOOK_MS, leftMs()));
  line.hold();
  const drained = line.disk.finish();
  if (wait && drained && leftMs() > 0) await Promise.race([drained, clock.sleep(leftMs())]);
  line.apply('end');
  line.disk.stopDrain();
  await drained;
  const buffered = await line.spool.close();
  await lot.settled();
  const items = [...buffered, ...line.flight.unstored(), ...line.waiting.drain()];
  for (const item of items) if (item.parkedTry) line.endTry(item, ioError('the sink ends'));
  line.flight.clear();
  return items;
}

/** The rule is deleted: nothing of it stays on disk. */
export async function clearLine(line: LineAccess): Promise<void> {
  await line.spool.opened?.clear();
  if (line.parts.lot.rows > 0) await line.parts.lot.clear();
}

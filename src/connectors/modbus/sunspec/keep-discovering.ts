// Asks a device for its SunSpec map until it tells, with growing pauses. Called by ../source.ts.
import { createBackoff } from '../../../base/backoff.ts';
import type { TimerHandle } from '../../../base/clock.ts';
import { messageOf } from '../../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../../contract/context.ts';
import type { ModbusBus } from '../bus/bus.ts';
import type { DeviceProps } from '../options.ts';
import type { Profile } from '../profile.ts';

const RETRY = { firstMs: 5000, maxMs: 60_000 };

/** @returns ends it */
export function keepDiscovering(ctx: ConnectorContext, bus: ModbusBus, device: DeviceProps, found: (profile: Profile) => void): () => void {
  const backoff = createBackoff(RETRY);
  let stopped = false;
  let timer: TimerHandle | undefined;
  const tryOnce = async () => {
    try {
      // only those who discover need the table of models
      const { discoverSunSpec } = await import('./discover.ts');
      const { profile, models } = await discoverSunSpec((request) => bus.request({ ...request, unit: device.unit }, device.settings));
      if (stopped) return;
      ctx.log.info({ device: device.name, models, points: profile.points.length }, 'The device told its SunSpec map.');
      found(profile);
    } catch (error) {
      if (stopped) return;
      ctx.dropped(1, `device ${device.name}: its SunSpec map could not be read: ${messageOf(error)}`);
      timer = ctx.clock.setTimer(backoff.next(), () => void tryOnce());
    }
  };
  void tryOnce();
  return () => {
    stopped = true;
    ctx.clock.clear(timer);
  };
}

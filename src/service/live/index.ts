// The live views of a gateway, made when somebody looks for the first time. Called by service.ts; used by rest/routes/live.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { TrialHub } from '../trial/hub.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { type FlowMap, flowMap } from './map.ts';
import { createRatesFeed, MAX_VIEWERS, type RatesFeed } from './rates.ts';
import { createRowsFeed, type RowsFeed } from './rows.ts';
import { createTapFeed, type TapFeed } from './taps.ts';
import { createTopicsFeed, type TopicsFeed } from './topics.ts';

export interface Live {
  readonly rates: RatesFeed;
  readonly rows: RowsFeed;
  readonly topics: TopicsFeed;
  readonly taps: TapFeed;
  map(): FlowMap;
}

export interface LiveDeps {
  clock: Clock;
  log: Log;
  rules: RuleService;
  streams: StreamService;
  trials: TrialService;
  hub: TrialHub;
}

export const tooManyViewers = () =>
  new GatewayError('SERVICE_REFUSED', { text: `${MAX_VIEWERS} live views of this kind are open; close one and try again` });

export function createLive({ clock, log, rules, streams, trials, hub }: LiveDeps): Live {
  return {
    rates: createRatesFeed({ clock, overview: () => rules.overview() }),
    rows: createRowsFeed({ clock, log, trials, hub, tooMany: tooManyViewers }),
    topics: createTopicsFeed({ clock, log, streams, trials, hub, tooMany: tooManyViewers }),
    taps: createTapFeed({ clock, log, trials, hub, tooMany: tooManyViewers }),
    map: () => flowMap(rules, streams),
  };
}

// Asks the broker for the filters of a subscription. With the identifiers of MQTT 5 each filter is asked for on its own, so that copies of
// overlapping filters can be told apart; before it, filters that others cover are left out. Called by connection.ts after each connect.
import type { IClientSubscribeOptions } from 'mqtt';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { HoldingClient } from './holding-client.ts';
import { explainSubscribeRefusal } from './reasons.ts';
import type { Subscription } from './subscription.ts';
import { filterId, withoutCovered } from './topic.ts';

export interface SubscribeOutcome {
  /** @param qos the lowest that the broker gives for one of the filters */
  granted(qos: number): void;
  /** @param what for a person */
  refused(what: string, filters: readonly string[]): void;
}

/** @param separate each filter with its identifier */
export function sendSubscribe(client: HoldingClient, { filters, qos }: Subscription, separate: boolean, outcome: SubscribeOutcome): void {
  if (!separate) return request(client, withoutCovered(filters), { qos }, outcome);
  let open = filters.length;
  let lowest: number = qos;
  const part: SubscribeOutcome = {
    granted: (given) => {
      lowest = Math.min(lowest, given);
      if (--open === 0) outcome.granted(lowest);
    },
    refused: (what, refused) => outcome.refused(what, refused),
  };
  for (const f of filters) request(client, [f], { qos, properties: { subscriptionIdentifier: filterId(f) } }, part);
}

function request(client: HoldingClient, filters: string[], options: IClientSubscribeOptions, outcome: SubscribeOutcome): void {
  client.subscribe(filters, options, (error, granted, packet) => {
    const codes = (packet as { granted?: (number | { qos: number })[] } | undefined)?.granted ?? granted?.map((g) => g.qos) ?? [];
    const given = codes.map((c) => (typeof c === 'number' ? c : c.qos));
    const refused = given.findIndex((c) => c >= 128);
    if (refused >= 0) outcome.refused(explainSubscribeRefusal(given[refused]!, filters[refused]!), filters);
    else if (error) outcome.refused(messageOf(error), filters);
    else outcome.granted(Math.min(options.qos, ...given));
  });
}

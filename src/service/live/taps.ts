// What enters the nodes of a rule, for those who look: a trial of the same plan runs beside the rule with its spans recorded, so the rule itself is not
// touched and costs nothing more. Handed over as rows.ts does. Called by rest/routes/live.ts.
import { randomUUID } from 'node:crypto';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { RuleDefinition, Span } from '../../runtime/index.ts';
import { TRIAL } from '../trial/connector.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { textOfBytes } from './bytes-text.ts';
import { cutRow, MAX_ROWS, PUSH_EVERY_MS } from './rows.ts';
import { createFeed, type Feed, latest, type ViewingDeps } from './viewing.ts';

export interface TapRow {
  /** `demo`, `2_decoder`, `3_filter`, `mqtt_0`. */
  node: string;
  atMs: number;
  /** JSON of a row or of a list of rows, or the text of a message (hex digits where it is none). */
  data: string;
}

export interface TapPush {
  rows: TapRow[];
  skipped: number;
  total: number;
  end?: 'time';
}

export interface TapRequest {
  rule: RuleDefinition;
  /** With or without its number; undefined = all. */
  node?: string;
  /** Names of the rule's nodes. */
  nodes: readonly string[];
}

export type TapFeed = Feed<TapRequest, TapPush>;

const bare = (node: string): string => node.replace(/^\d+_/, '');

export function createTapFeed(deps: ViewingDeps & { trials: TrialService }): TapFeed {
  const { trials, clock } = deps;
  return createFeed<TapRequest, TapPush>(deps, PUSH_EVERY_MS, ({ rule, node, nodes }, changed) => {
    const id = `internal-tap-${randomUUID()}`;
    const rows = latest<TapRow>(MAX_ROWS);
    const wanted = (name: string) => node === undefined || name === node || bare(name) === node;
    return {
      id,
      async begin() {
        if (node !== undefined && !nodes.some(wanted))
          throw new GatewayError('SERVICE_REFUSED', { text: `rule ${rule.id} has no node ${node}; it has ${nodes.join(', ')}` });
        await trials.shadow(id, rule, (span) => {
          const name = nameOf(span, rule);
          if (name === undefined || !wanted(name) || span.data === undefined) return;
          rows.add({ node: name, atMs: clock.now(), data: cutRow(shownData(span.data)) });
          changed();
        });
        await trials.start(id);
      },
      take: () => false,
      hand: () => rows.take(),
      leave: () => trials.stop(id),
    };
  });
}

/** The sinks of the trial stand for those of the rule: what enters them is what the rule's sinks would get. */
function nameOf({ name }: Span, { actions }: RuleDefinition): string | undefined {
  if (!name.startsWith(TRIAL)) return name;
  const index = /_(\d+)_\d+_transform$/.exec(name)?.[1];
  const action = index === undefined ? undefined : actions.find((a) => a.index === Number(index));
  return action && `${action.type}_${action.index}`;
}

/** JSON as it is; bytes, which a span keeps as base64, as text. */
const shownData = (data: string): string => (/^[[{]/.test(data) ? data : textOfBytes(Buffer.from(data, 'base64')).text);

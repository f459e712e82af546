// Topics of a broker as messages come, for those who look: a temporary stream over a topic filter, read by a trial rule, and for each topic its last
// payload and how many came. Handed over twice a second at most, only what changed. Called by rest/routes/live.ts.
import { randomUUID } from 'node:crypto';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { Told } from '../../contract/told.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { TrialHub } from '../trial/hub.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { MAX_VIEWERS } from './rates.ts';
import { WATCH_MS } from './rows.ts';

export const TOPICS_EVERY_MS = 500;
/** A broker may have more: then those that came first are shown, and the rest counted. */
export const MAX_TOPICS = 2000;
export const MAX_PAYLOAD_CHARS = 1000;

export interface TopicSeen {
  topic: string;
  messages: number;
  bytes: number;
  atMs: number;
  /** Text of the last message, cut; binary ones as hex. */
  payload: string;
  /** Whether the payload is all of the message, as text. */
  whole: boolean;
}

export interface TopicsPush {
  topics: TopicSeen[];
  /** Messages on topics beyond the limit. */
  beyond: number;
  end?: 'time';
}

export interface TopicsRequest {
  filter: string;
  /** Conf key of source mqtt. */
  confKey?: string;
  /** Named connection. */
  connection?: string;
}

export interface TopicsFeed {
  /** @returns ends it  @throws what POST /streams and POST /ruletest refuse, or when there are too many viewers */
  watch(request: TopicsRequest, told: Told, push: (data: TopicsPush) => void): Promise<() => void>;
  readonly counts: { readonly viewers: number; readonly pushed: number };
}

export interface TopicsDeps {
  clock: Clock;
  log: Log;
  streams: Pick<StreamService, 'command' | 'drop'>;
  trials: TrialService;
  hub: TrialHub;
  tooMany(): Error;
}

export function createTopicsFeed({ clock, log, streams, trials, hub, tooMany }: TopicsDeps): TopicsFeed {
  const counts = { viewers: 0, pushed: 0 };
  return {
    counts,
    async watch(request, told, push) {
      if (counts.viewers >= MAX_VIEWERS) throw tooMany();
      counts.viewers++;
      const id = `internal-topics-${randomUUID()}`;
      const stream = `internal_topics_${randomUUID().replaceAll('-', '')}`;
      const seen = new Map<string, TopicSeen>();
      const changed = new Set<string>();
      let beyond = 0;
      let timer: TimerHandle | undefined;
      let ended = false;
      let made = false;
      const hand = () => {
        timer = undefined;
        counts.pushed++;
        push({ topics: [...changed].map((t) => seen.get(t)!), beyond });
        changed.clear();
      };
      const unsubscribe = hub.subscribe(id, (row) => {
        const one = topicOf(row, clock.now());
        if (!one) return;
        const before = seen.get(one.topic);
        if (!before && seen.size >= MAX_TOPICS) beyond++;
        else {
          seen.set(one.topic, { ...one, messages: (before?.messages ?? 0) + 1 });
          changed.add(one.topic);
        }
        timer ??= clock.setTimer(TOPICS_EVERY_MS, hand);
      });
      const limit = clock.setTimer(WATCH_MS, () => {
        if (timer !== undefined) hand();
        push({ topics: [], beyond, end: 'time' });
        end();
      });
      const end = () => {
        if (ended) return;
        ended = true;
        counts.viewers--;
        unsubscribe();
        if (timer !== undefined) clock.clear(timer);
        clock.clear(limit);
        leave().catch((error: unknown) => log.warn({ reason: messageOf(error) }, 'A look at topics did not end.'));
      };
      const leave = async () => {
        await trials.stop(id);
        if (made) await streams.drop('stream', stream, true);
      };
      try {
        await streams.command(createStatement(stream, request), told);
        made = true;
        const sql = `SELECT meta(topic) AS topic, self AS payload FROM ${stream}`;
        await trials.create(JSON.stringify({ id, sql, sinkProps: { sendSingle: true } }), told);
        await trials.start(id);
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
  };
}

function createStatement(stream: string, { filter, confKey, connection }: TopicsRequest): string {
  const options = {
    TYPE: 'mqtt',
    DATASOURCE: filter,
    FORMAT: 'binary',
    TEMP: 'true',
    ...(confKey === undefined ? {} : { CONF_KEY: confKey }),
    ...(connection === undefined ? {} : { EXTRA: JSON.stringify({ connectionSelector: connection }) }),
  };
  const text = Object.entries(options).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `CREATE STREAM ${stream} () WITH (${text.join(', ')})`;
}

/** @param row JSON of the trial's result; undefined: it is an error or has no topic */
function topicOf(row: string, atMs: number): Omit<TopicSeen, 'messages'> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(row);
  } catch {
    return undefined; // a sentence about a failure; health of the stream shows it
  }
  const { topic, payload = '' } = (Array.isArray(value) ? value[0] : value) as { topic?: unknown; payload?: unknown };
  if (typeof topic !== 'string' || typeof payload !== 'string') return undefined;
  const bytes = Buffer.from(payload, 'base64');
  const text = bytes.toString('utf8');
  const isText = !text.includes('\ufffd') && !/(?![\t\n\r])\p{Cc}/u.test(text);
  const shown = isText ? text : bytes.subarray(0, MAX_PAYLOAD_CHARS / 2).toString('hex');
  return {
    topic,
    bytes: bytes.length,
    atMs,
    payload: shown.slice(0, MAX_PAYLOAD_CHARS),
    whole: isText && text.length <= MAX_PAYLOAD_CHARS,
  };
}

// Topics of a broker as messages come, for those who look: a temporary stream over a topic filter, read by a trial rule, and for each topic its last
// payload and how many came. Handed over twice a second at most, only what changed. Called by rest/routes/live.ts.
import { randomUUID } from 'node:crypto';
import type { StreamService } from '../streams/stream-service.ts';
import type { TrialService } from '../trial/trial-service.ts';
import { textOfBytes } from './bytes-text.ts';
import { createFeed, type Feed, type ViewingDeps } from './viewing.ts';

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

export type TopicsFeed = Feed<TopicsRequest, TopicsPush>;

export interface TopicsDeps extends ViewingDeps {
  streams: Pick<StreamService, 'command' | 'drop'>;
  trials: TrialService;
}

export function createTopicsFeed(deps: TopicsDeps): TopicsFeed {
  const { clock, streams, trials } = deps;
  return createFeed<TopicsRequest, TopicsPush>(deps, TOPICS_EVERY_MS, (request) => {
    const id = `internal-topics-${randomUUID()}`;
    const stream = `internal_topics_${randomUUID().replaceAll('-', '')}`;
    const seen = new Map<string, TopicSeen>();
    const changed = new Set<string>();
    let beyond = 0;
    let made = false;
    return {
      id,
      async begin(told) {
        await streams.command(createStatement(stream, request), told);
        made = true;
        const sql = `SELECT meta(topic) AS topic, self AS payload FROM ${stream}`;
        await trials.create(JSON.stringify({ id, sql, sinkProps: { sendSingle: true } }), told);
        await trials.start(id);
      },
      take(row) {
        const one = topicOf(row, clock.now());
        if (!one) return false;
        const before = seen.get(one.topic);
        if (!before && seen.size >= MAX_TOPICS) beyond++;
        else {
          seen.set(one.topic, { ...one, messages: (before?.messages ?? 0) + 1 });
          changed.add(one.topic);
        }
        return true;
      },
      hand() {
        const topics = [...changed].map((t) => seen.get(t)!);
        changed.clear();
        return { topics, beyond };
      },
      async leave() {
        await trials.stop(id);
        if (made) await streams.drop('stream', stream, true);
      },
    };
  });
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
  const { text, isText } = textOfBytes(bytes);
  return {
    topic,
    bytes: bytes.length,
    atMs,
    payload: text.slice(0, MAX_PAYLOAD_CHARS),
    whole: isText && text.length <= MAX_PAYLOAD_CHARS,
  };
}

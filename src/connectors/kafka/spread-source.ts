// Source kafka of a rule that is spread over several gateways. The group of Kafka says which partitions are read here. Each time it shares them out,
// the member stores the state of those that it had, claims those that it has now, and reads on from the positions that stand beside their states.
// Positions committed in the group are for people who look at the lag. docs/adr/0261. Made by source.ts.
import { isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Emit, Fail } from '../../contract/source.ts';
import type { ShareMark, SpreadMember } from '../../contract/spread.ts';
import { answered, checkBrokers, type KafkaPackage, kafkaError, openingError } from './client.ts';
import { give } from './give.ts';
import { clientIdOf, createMember, leaveGroup, type Member } from './group.ts';
import type { KafkaSourceProps } from './options.ts';
import { Positions } from './positions.ts';
import type { PartitionState } from './state-log.ts';
import { StateTopic } from './state-topic.ts';

/** For the last state before partitions go: the others of the group wait for it at most so long. */
const LAST_STATE_MS = 3_000;
/** For messages before a mark that no state holds: they are on their way to a sink. */
const DONE_LIMIT_MS = 10_000;
const EARLIEST = -2n;
const LATEST = -1n;

export interface SpreadSourceDeps {
  ctx: ConnectorContext;
  emit: Emit;
  fail: Fail;
  kafka: KafkaPackage;
  props: KafkaSourceProps;
  topic: string;
  member: SpreadMember;
}

/** From one sharing out to the next. */
interface Term {
  readonly positions: Positions;
  /** Where each partition was when the term began. */
  readonly starts: ReadonlyMap<number, bigint>;
  readonly stop: AbortController;
  stream: { close(): Promise<void> } | undefined;
  /** Its states may be stored. */
  open: boolean;
}

export class SpreadSource {
  private readonly d: SpreadSourceDeps;
  private readonly consumer: Member;
  private readonly states: StateTopic;
  private term: Term | undefined;
  private open_ = true;
  /** Sharings out so far: an older one is not carried through. */
  private round = 0;
  /** One is carried through after the other. */
  private changes: Promise<void> = Promise.resolve();
  private ending: Promise<void> = Promise.resolve();

  constructor(d: SpreadSourceDeps) {
    this.d = d;
    const { ctx, kafka, props, member } = d;
    const group = `${props.groupID}.${member.ruleId}`;
    this.consumer = createMember(ctx, kafka, props, group, () => this.endTerm());
    this.states = new StateTopic({ ctx, kafka, props, clientId: clientIdOf(ctx), name: `${group}.state` });
  }

  async open(): Promise<void> {
    const { ctx, kafka, props, topic } = this.d;
    const { consumer } = this;
    try {
      const metadata = await answered(ctx, props, consumer.metadata({ topics: [topic], autocreateTopics: true }));
      await checkBrokers(ctx, metadata.brokers.values());
      await this.states.open(metadata.topics.get(topic)?.partitionsCount ?? 1);
      consumer.topics.track(topic);
      consumer.on('error', this.lose);
      consumer.on('consumer:heartbeat:stalled', () => this.lose(new Error('the group does not answer')));
      consumer.on('consumer:group:join', ({ assignments }) =>
        this.sharedOut(assignments?.find((a) => a.topic === topic)?.partitions ?? []),
      );
      // a member that died is waited for by the group until its session is over
      await consumer.joinGroup({});
      await this.changes;
      ctx.status('connected');
    } catch (error) {
      await this.close();
      throw openingError(props.brokers, kafka, error);
    }
  }

  private readonly lose = (error: unknown): void => {
    if (!this.open_) return;
    this.open_ = false;
    this.d.fail(isRetriable(error) && error instanceof Error ? error : kafkaError(this.d.props.brokers, this.d.kafka, error));
  };

  private sharedOut(partitions: readonly number[]): void {
    const round = ++this.round;
    this.changes = this.changes.then(() => this.takeOver(partitions, round)).catch(this.lose);
  }

  private async takeOver(partitions: readonly number[], round: number): Promise<void> {
    await this.endTerm();
    const old = () => round !== this.round || !this.open_;
    if (old()) return;
    const { topic, member } = this.d;
    const found = await this.states.claim(partitions);
    const starts = await this.startsOf(partitions, found);
    if (old()) return;
    const term: Term = { positions: new Positions(), starts, stop: new AbortController(), stream: undefined, open: true };
    this.term = term;
    member.begin({ mark: () => this.mark(term) }, new Map(partitions.map((p) => [p, found.get(p)?.state])));
    if (partitions.length === 0) return;
    // at once under the own claim: where a partition begins is settled, and old records can go
    await this.states.save(new Map([...starts].map(([p, next]) => [p, { next, state: found.get(p)?.state }])));
    const stream = await this.consumer.consume({
      topics: [topic],
      mode: 'manual',
      offsets: [...starts].map(([partition, offset]) => ({ topic, partition, offset })),
      autocommit: false,
    });
    term.stream = stream;
    if (this.term !== term) return void stream.close().catch(() => undefined); // it gave nothing yet
    stream.on('error', this.lose);
    const { ctx, emit, props } = this.d;
    const signal = term.stop.signal;
    const read = async () => {
      for await (const message of stream) {
        if (signal.aborted) return;
        if (starts.has(message.partition))
          await give(message, { ctx, emit, positions: term.positions, maxUnconfirmed: props.maxUnconfirmed, signal });
      }
      if (!signal.aborted) this.lose(new Error('the stream of messages ended'));
    };
    read().catch(this.lose);
  }

  /** Where each partition is read from. Messages that the broker removed before anybody read them are counted. */
  private async startsOf(
    partitions: readonly number[],
    found: ReadonlyMap<number, PartitionState | undefined>,
  ): Promise<Map<number, bigint>> {
    const { topic, props, ctx } = this.d;
    const starts = new Map<number, bigint>();
    if (partitions.length === 0) return starts;
    const earliest = (await this.consumer.listOffsets({ topics: [topic], timestamp: EARLIEST })).get(topic);
    const latest =
      props.offsetReset === 'latest' ? (await this.consumer.listOffsets({ topics: [topic], timestamp: LATEST })).get(topic) : earliest;
    for (const p of partitions) {
      const first = earliest?.[p] ?? 0n;
      const next = found.get(p)?.next ?? latest?.[p] ?? first;
      if (next < first) ctx.dropped(Number(first - next), 'the broker removed them before they were read');
      starts.set(p, next < first ? first : next);
    }
    return starts;
  }

  /** Messages stop, and the state of the term's partitions is stored once more. */
  private endTerm(): Promise<void> {
    const { term } = this;
    if (!term) return this.ending;
    this.term = undefined;
    term.stop.abort(new Error('partitions are shared out again'));
    void term.stream?.close().catch(() => undefined); // what it still holds is read again
    this.ending = this.d.member.end(LAST_STATE_MS).then(() => {
      term.open = false;
    });
    return this.ending;
  }

  private mark(term: Term): ShareMark {
    const ends = new Map([...term.starts, ...term.positions.ends()]);
    return { save: (states, held) => this.save(term, ends, states, held) };
  }

  private async save(term: Term, ends: ReadonlyMap<number, bigint>, states: ReadonlyMap<number, Uint8Array>, held: number): Promise<void> {
    const { ctx, topic } = this.d;
    const endMs = ctx.clock.monotonic() + DONE_LIMIT_MS;
    while (term.open && term.positions.openBefore(ends) > held) {
      if (ctx.clock.monotonic() > endMs) throw new Error('results are still on their way; the state is stored with the next checkpoint');
      await ctx.clock.sleep(20);
    }
    if (!term.open) throw new Error('the partitions are read by another gateway now');
    try {
      await this.states.save(new Map([...states].map(([p, state]) => [p, { next: ends.get(p) ?? 0n, state }])));
    } catch (error) {
      if (this.term !== term) {
        ctx.log.info({ cause: messageOf(error) }, 'The last state came too late: the next reader goes on from the one before.');
        return;
      }
      // nobody knows what is in the topic now: everything is read again
      this.lose(error);
      throw error;
    }
    // while partitions are shared out, the package would join again for it
    if (this.term !== term) return;
    const offsets = [...ends].map(([partition, offset]) => ({ topic, partition, offset, leaderEpoch: -1 }));
    this.consumer
      .commit({ offsets })
      .catch((error: unknown) => ctx.log.debug({ cause: messageOf(error) }, 'The lag could not be shown now.'));
  }

  async close(): Promise<void> {
    this.open_ = false;
    await this.endTerm();
    await leaveGroup(this.d.ctx, this.consumer);
    await this.states.close();
  }
}

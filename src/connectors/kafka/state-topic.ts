// State of a spread rule at the brokers: a compacted topic with as many partitions as the input. Read when partitions are taken over, written with
// each checkpoint. What a record means is state-log.ts. Used by spread-source.ts.
import { randomUUID } from 'node:crypto';
import type { Consumer, Producer } from '@platformatic/kafka';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import { brokerSaid, clientOptions, type KafkaPackage } from './client.ts';
import type { KafkaProps } from './options.ts';
import { claimKey, encodeState, type PartitionState, StateLog, stateKey } from './state-log.ts';

/** A state that is larger is refused by the broker; larger still, and one request would not hold it. */
const MAX_RECORD_BYTES = 32_000_000;
const MIB = 1024 * 1024;
/** Old states are removed soon, but not before a member that is slow has read the one that it found. */
const TOPIC_CONFIGS = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'segment.bytes', value: String(64 * MIB) },
  { name: 'segment.ms', value: String(10 * 60_000) },
  { name: 'min.compaction.lag.ms', value: String(60_000) },
  { name: 'min.cleanable.dirty.ratio', value: '0.1' },
  { name: 'max.message.bytes', value: String(MAX_RECORD_BYTES) },
];
const READ_LIMIT_MS = 30_000;
const THERE_LIMIT_MS = 10_000;
const EARLIEST = -2n;

type Bytes = Buffer;

/** A partition that this member has claimed. */
interface Owned {
  claim: string;
  /** Where the next record goes when nobody else writes. */
  end: bigint;
  /** Keys of members before. */
  old: Set<string>;
  written: PartitionState | undefined;
}

export interface StateTopicOptions {
  ctx: Pick<ConnectorContext, 'clock'>;
  kafka: KafkaPackage;
  props: KafkaProps;
  clientId: string;
  name: string;
}

export class StateTopic {
  private readonly o: StateTopicOptions;
  private readonly producer: Producer<Bytes, Bytes, Bytes, Bytes>;
  private readonly reader: Consumer<Bytes, Bytes, Bytes, Bytes>;
  private owned = new Map<number, Owned>();
  /** One request after the other: each must stand right behind the one before. */
  private saving: Promise<void> = Promise.resolve();

  constructor(o: StateTopicOptions) {
    this.o = o;
    const base = clientOptions(o.props, o.clientId);
    this.producer = new o.kafka.Producer<Bytes, Bytes, Bytes, Bytes>({ ...base, acks: -1, idempotent: true, compression: 'gzip' });
    // it is a member of no group: it only fetches
    this.reader = new o.kafka.Consumer<Bytes, Bytes, Bytes, Bytes>({ ...base, groupId: o.name });
    this.reader.topics.track(o.name);
  }

  /** Makes the topic, or gives it more partitions. @param partitions those of the input */
  async open(partitions: number): Promise<void> {
    const { ctx, kafka, props, clientId, name } = this.o;
    const admin = new kafka.Admin(clientOptions(props, clientId));
    try {
      const there = (await admin.listTopics()).includes(name);
      if (!there) await admin.createTopics({ topics: [name], partitions, configs: TOPIC_CONFIGS }).catch(unlessThere);
      const endMs = ctx.clock.monotonic() + THERE_LIMIT_MS;
      let has = 0;
      for (let asked = false; has < partitions; ) {
        if (ctx.clock.monotonic() > endMs)
          throw ioError(`kafka: topic ${name} has ${has} partitions, and its input ${partitions}: it takes no more`);
        has = await this.partitions();
        if (has > 0 && has < partitions && !asked) {
          asked = true;
          await admin.createPartitions({ topics: [{ name, count: partitions, assignments: null }] });
        }
        if (has < partitions) await ctx.clock.sleep(100);
      }
    } finally {
      await admin.close();
    }
  }

  private async partitions(): Promise<number> {
    try {
      const metadata = await this.reader.metadata({ topics: [this.o.name], forceUpdate: true });
      return metadata.topics.get(this.o.name)?.partitionsCount ?? 0;
    } catch {
      return 0; // not everywhere yet: asked again
    }
  }

  /** Takes partitions over: from now on no state of a member before counts. @returns what there is of each */
  async claim(partitions: readonly number[]): Promise<Map<number, PartitionState | undefined>> {
    const { name } = this.o;
    this.owned = new Map();
    if (partitions.length === 0) return new Map();
    const claim = randomUUID();
    const messages = partitions.map((partition) => ({
      topic: name,
      partition,
      key: Buffer.from(claimKey(claim)),
      value: Buffer.from('1'),
    }));
    const { offsets = [] } = await this.producer.send({ messages });
    const starts = await this.reader.listOffsets({ topics: [name], timestamp: EARLIEST });
    const found = new Map<number, PartitionState | undefined>();
    for (const { partition, offset } of offsets) {
      const log = await this.read(partition, starts.get(name)?.[partition] ?? 0n, offset);
      found.set(partition, log.truth);
      this.owned.set(partition, { claim, end: offset + 1n, old: log.keys, written: undefined });
    }
    return found;
  }

  /** The log of a partition up to `end`. */
  private async read(partition: number, start: bigint, end: bigint): Promise<StateLog> {
    const { ctx, name } = this.o;
    const log = new StateLog();
    const metadata = await this.reader.metadata({ topics: [name] });
    const topic = metadata.topics.get(name);
    const node = topic?.partitions[partition]?.leader;
    if (!topic || node === undefined) throw ioError(`kafka: partition ${partition} of topic ${name} has no leader`);
    const endMs = ctx.clock.monotonic() + READ_LIMIT_MS;
    for (let at = start; at < end; ) {
      if (ctx.clock.monotonic() > endMs)
        throw ioError(`kafka: partition ${partition} of topic ${name} could not be read to its end within ${READ_LIMIT_MS / 1000} s`);
      const wanted = { partition, currentLeaderEpoch: -1, fetchOffset: at, lastFetchedEpoch: -1, partitionMaxBytes: MAX_RECORD_BYTES };
      const response = await this.reader.fetch({
        node,
        topics: [{ topicId: topic.id, partitions: [wanted] }],
        maxBytes: MAX_RECORD_BYTES,
        maxWaitTime: 100,
      });
      const batches = response.responses
        .flatMap((r) => r.partitions)
        .flatMap((p) => (p.partitionIndex === partition ? (p.records ?? []) : []));
      for (const batch of batches) {
        for (const r of batch.records) {
          const offset = batch.firstOffset + BigInt(r.offsetDelta);
          if (offset >= at && offset < end) log.read({ key: String(r.key), value: r.value ?? undefined });
        }
        at = batch.firstOffset + BigInt(batch.lastOffsetDelta) + 1n;
      }
    }
    return log;
  }

  /** Writes the states of claimed partitions that changed.
   *  @throws ioError when another member has claimed one of them, or the broker is away */
  save(states: ReadonlyMap<number, PartitionState>): Promise<void> {
    const write = this.saving.then(() => this.write(states));
    this.saving = write.catch(() => undefined); // whoever asked for it is told
    return write;
  }

  private async write(states: ReadonlyMap<number, PartitionState>): Promise<void> {
    const { name } = this.o;
    const messages: { topic: string; partition: number; key: Buffer; value?: Buffer }[] = [];
    const written: { owned: Owned; state: PartitionState; records: bigint; partition: number }[] = [];
    for (const [partition, state] of states) {
      const owned = this.owned.get(partition);
      if (!owned) throw ioError(`kafka: partition ${partition} is read by another member now`);
      if (owned.written && equal(owned.written, state)) continue;
      messages.push({ topic: name, partition, key: Buffer.from(stateKey(owned.claim)), value: encodeState(state) });
      for (const key of owned.old) messages.push({ topic: name, partition, key: Buffer.from(key) });
      written.push({ owned, state, partition, records: BigInt(1 + owned.old.size) });
    }
    if (messages.length === 0) return;
    const { offsets = [] } = await this.producer.send({ messages });
    const at = new Map(offsets.map((o) => [o.partition, o.offset]));
    for (const { owned, state, records, partition } of written) {
      const offset = at.get(partition);
      if (offset !== owned.end) throw ioError(`kafka: another member writes state of partition ${partition} too`);
      owned.end = offset + records;
      owned.old = new Set();
      owned.written = state;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.producer.close(true), this.reader.close(true)]);
  }
}

const equal = (a: PartitionState, b: PartitionState): boolean =>
  a.next === b.next && (a.state === b.state || (!!a.state && !!b.state && Buffer.compare(a.state, b.state) === 0));

/** Another member was faster. */
function unlessThere(error: unknown): void {
  if (!brokerSaid(error, 'TOPIC_ALREADY_EXISTS')) throw error;
}

// A rule that is spread over several gateways: they share its input by partitions (Kafka), and the state that the rule has of a partition is kept
// with it, so that it moves to the gateway that reads the partition next. docs/adr/0261. The rule's side is runtime/rule/spread.ts.

/** Until the group shares the input out anew: the partitions that this member reads. */
export interface Share {
  /** Marks how far the input has come; called in the same moment as the state is taken. */
  mark(): ShareMark;
}

export interface ShareMark {
  /** Stores the states, with the positions of the mark, where the next reader of the partitions finds them. Waits until every message before the
   *  mark is done, besides those that the states hold.
   *  @param held messages that are in the states and not confirmed
   *  @throws when it could not be stored, or the partitions are read by another member */
  save(states: ReadonlyMap<number, Uint8Array>, held: number): Promise<void>;
}

/** Who reads: a running rule. */
export interface SpreadMember {
  /** Names the group, and where its state is. */
  readonly ruleId: string;
  /** Reads these partitions from now on and no others. Their messages come after it, each with its number as `partition` in its metadata.
   *  @param states what was stored of each before; undefined: nothing */
  begin(share: Share, states: ReadonlyMap<number, Uint8Array | undefined>): void;
  /** The partitions go to others, and no message of them comes any more. Stores what there is, for at most `limitMs`, and forgets it. */
  end(limitMs: number): Promise<void>;
}

// The handle of a source message that a row carries. Whoever keeps data of the message beyond the call retains it, and releases it when the
// data is delivered, stored or checkpointed. Made by runtime/delivery/ack.ts, which says more; filters and projections do nothing with it.

export interface Ack {
  /** Tells the message from others of its session (packet id and content); 0 = the source has no such thing. */
  identity: number;
  /** The peer says that it sent this message before (MQTT DUP). */
  repeated: boolean;
  retain(): void;
  release(): void;
  readonly pending: boolean;
}

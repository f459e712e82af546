// Names that several places must agree on: a sink's node name, its queue on disk and its parked rows. Used by sink-node.ts, by validation and
// topology, and by rule/rule.ts when a sink is removed.

/** Node name of an action in status, logs and metrics: `mqtt_0`. */
export const sinkName = (action: { readonly type: string; readonly index: number }): string => `${action.type}_${action.index}`;

/** Name of a sink's queue on disk. */
export const queueName = (ruleId: string, sink: string): string => `${ruleId}/${sink}`;

/** The rule that a queue or parked rows belong to. */
export const ruleOfQueue = (queue: string): string => queue.slice(0, queue.indexOf('/'));

const PARKED = '#parked';

/** Name under which a sink's parked rows lie on disk; no sink can be called so. */
export const parkedName = (ruleId: string, sink: string): string => `${ruleId}/${sink}${PARKED}`;

export const isParkedName = (queue: string): boolean => queue.endsWith(PARKED);

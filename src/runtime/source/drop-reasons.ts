// Why messages of a source were dropped, by reason. Called by source-node.ts for each report of a connector.

const MAX_REASONS = 20;

/** A connector may put the text of an error into its reason: the list in the status stays short. */
export function countReason(reasons: Record<string, number>, count: number, reason: string): void {
  const key = Object.hasOwn(reasons, reason) || Object.keys(reasons).length < MAX_REASONS ? reason : 'other reasons';
  reasons[key] = (reasons[key] ?? 0) + count;
}

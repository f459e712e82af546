/** Length of the count window over rows that come together, from the step or node before: it is never full. Below the bound of
 *  windows/check-lengths.ts. Used by rule-steps.ts and graph/graph-chain.ts. */
export const ALL_ROWS = 10_000_000;

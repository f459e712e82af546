// Functions of time, whose value also changes when no row comes; one export line each. Read by functions/catalogue.ts, run by exec/timers.ts.
// Why they are functions: docs/adr/0122-rules-that-fire-without-a-message.md.
export { backAfter } from './back_after.ts';
export { heldFor } from './held_for.ts';
export { latch } from './latch.ts';
export { repeatWhile } from './repeat_while.ts';
export { silentFor } from './silent_for.ts';

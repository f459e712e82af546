// What the simulator itself needs of the platform, taken before globals.ts replaces it.
const immediate = setImmediate;

/** Resolves when everything that was begun in this turn of the event loop has come to rest. */
export const realTurn = (): Promise<void> => new Promise((resolve) => void immediate(resolve));

// From an exported symbol to an instance: classes and functions make one per call, anything else is the instance of all rules. Runs in the
// main thread and in workers: imports nothing of ours.

/** A class or function gives each rule its own instance; an object is a singleton. */
export const isConstructor = (exported: unknown): exported is (...args: never[]) => unknown => typeof exported === 'function';

/** @returns the instance, or a promise of it when the factory is async  @throws what the constructor throws */
export function makeInstance(exported: unknown): unknown {
  if (!isConstructor(exported)) return exported;
  // arrow functions, methods and async functions cannot be constructed
  if (exported.prototype === undefined) return (exported as () => unknown)();
  return Reflect.construct(exported, []);
}

// countPlusOne(x): an aggregate, the number of rows in the window plus one.
import type { ArgFact } from 'kuiper-gateway';

export class CountPlusOne {
  validate(args: readonly ArgFact[]): void {
    if (args.length !== 1) throw new Error(`Expect 1 arguments but found ${args.length}.`);
  }

  exec(args: readonly unknown[]): unknown {
    if (!Array.isArray(args[0])) throw new Error(`Invalid argument type found.`);
    return args[0].length + 1;
  }

  isAggregate(): boolean {
    return true;
  }
}

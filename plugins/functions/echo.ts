// echo(x): the argument itself.
import type { ArgFact } from 'kuiper-gateway';

export class Echo {
  validate(args: readonly ArgFact[]): void {
    if (args.length !== 1) throw new Error(`Expect 1 arguments but found ${args.length}.`);
  }

  exec(args: readonly unknown[]): unknown {
    return args[0];
  }
}

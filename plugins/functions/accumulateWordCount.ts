// accumulateWordCount(text, separator): how many words there were in this rule so far. The example of state: it outlives restarts and upgrades.
import type { ArgFact, FunctionContext } from 'kuiper-gateway';

export class AccumulateWordCount {
  validate(args: readonly ArgFact[]): void {
    if (args.length !== 2) throw new Error(`Expect 2 arguments but found ${args.length}.`);
    const separator = args[1];
    if (separator?.literal && separator.type !== 'string') throw new Error('Expect string type for parameter 2');
  }

  exec(args: readonly unknown[], ctx: FunctionContext): unknown {
    const [text, separator] = args;
    if (typeof text !== 'string') throw new Error('invalid text argument');
    if (typeof separator !== 'string') throw new Error('invalid separator argument');
    ctx.incrCounter('allwordcount', text.split(separator).length);
    return ctx.getCounter('allwordcount');
  }
}

// What `kuiper plugin new` writes: a plugin of each kind that works as it is.
const SOURCE = `// Source plugin. Put it into <root>/plugins/sources; then CREATE STREAM … WITH (TYPE="{name}", DATASOURCE="…", FORMAT="json").
import type { Emit, Fail, Props, SourceContext } from 'kuiper-gateway';

export class {symbol} {
  #timer: NodeJS.Timeout | undefined;
  #everyMs = 1000;

  /** Called before open, also when a rule is only checked. Throw an error to refuse the stream: its text is shown to the user. */
  configure(datasource: string, props: Props) {
    const every = Number(props['every'] ?? 1000);
    if (!(every > 0)) throw new Error(\`option every: \${props['every']} is no number of milliseconds above 0\`);
    this.#everyMs = every;
  }

  /** Emit rows from here on. \`await emit(…)\` waits when the gateway is behind; \`fail(error)\` has the gateway open the source again. */
  open(ctx: SourceContext, emit: Emit, fail: Fail) {
    this.#timer = setInterval(() => {
      ctx.incrCounter('count', 1); // kept over restarts
      void emit({ count: ctx.getCounter('count') });
    }, this.#everyMs);
  }

  close() {
    clearInterval(this.#timer);
  }
}
`;

const SINK = `// Sink plugin. Put it into <root>/plugins/sinks; then "actions": [{"{name}": {}}] in a rule.
import type { Props, Row, SinkContext } from 'kuiper-gateway';

export class {symbol} {
  #label = '{name}';

  /** Throw an error to refuse the rule: its text is shown to the user. */
  configure(props: Props) {
    this.#label = String(props['label'] ?? '{name}');
  }

  open(ctx: SinkContext) {}

  /** Returning (or resolving) means delivered; a throw is tried again, unless the error has \`retriable = false\`. */
  collect(ctx: SinkContext, data: Row | Row[]) {
    ctx.getLogger().info(this.#label, data);
  }

  close(ctx: SinkContext) {}
}
`;

const FUNCTION = `// Function plugin. Put it into <root>/plugins/functions; then SELECT {name}(a, b) FROM …
import type { ArgFact, FunctionContext } from 'kuiper-gateway';

export class {symbol} {
  /** Called when a rule is made, with what is known of the arguments. Throw an error to refuse the rule. */
  validate(args: readonly ArgFact[]) {
    if (args.length !== 1) throw new Error(\`Expect 1 argument but found \${args.length}.\`);
  }

  /** One call per row; a throw is that row's error. Must return the value itself, not a promise. */
  exec(args: readonly unknown[], ctx: FunctionContext): unknown {
    ctx.incrCounter('calls', 1); // belongs to this place in this rule; kept over restarts
    return \`\${args[0]} (call \${ctx.getCounter('calls')})\`;
  }

  /** True: the function gets an array per argument, with the values of a window's rows. */
  isAggregate() {
    return false;
  }
}
`;

export const pluginTemplates = { source: SOURCE, sink: SINK, function: FUNCTION } as const;

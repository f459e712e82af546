// The log that a rule writes to: its own one while it runs, when its options ask for one (rule-log.ts), and the gateway's otherwise.
// Held by rule.ts, which opens it for each run and closes it after.
import type { Log } from '../../base/log.ts';
import type { Environment } from '../environment.ts';
import type { RuleOptions } from '../options.ts';
import type { RuleLogs } from './rule-log.ts';

export class RunLog {
  private readonly env: Environment;
  private readonly logs: RuleLogs;
  private own: ReturnType<RuleLogs['open']> | undefined;

  constructor(env: Environment, logs: RuleLogs) {
    this.env = env;
    this.logs = logs;
  }

  get now(): Log {
    return this.own?.log ?? this.env.log;
  }

  /** @returns what the run needs, with the rule's own log */
  open(options: Pick<RuleOptions, 'debug' | 'logFilename'>): Environment {
    if (!options.debug && options.logFilename === '') return this.env;
    void this.close();
    this.own = this.logs.open(options);
    return { ...this.env, log: this.own.log };
  }

  async close(): Promise<void> {
    const { own } = this;
    this.own = undefined;
    await own?.close();
  }
}

// CPU time of rules (basic.ResourceProfileConfig): how long evaluation keeps the thread, rule by rule, over the last interval and in all. Exists only
// when it is switched on: rules that are not measured run the same code as ever. Filled by rule/run-inputs.ts and compile/chain.ts.
import type { Clock, TimerHandle } from '../base/clock.ts';

/** One rule. `begin` and `end` may be nested; the outermost pair counts. */
export interface RuleCpu {
  begin(): void;
  end(): void;
}

interface Counter extends RuleCpu {
  totalMs: number;
  /** At the begin of the interval under way. */
  markMs: number;
  lastMs: number;
}

export class CpuMeter {
  private readonly rules = new Map<string, Counter>();
  private readonly clock: Clock;
  private readonly intervalMs: number;
  private timer: TimerHandle | undefined;
  private ready = false;

  constructor(clock: Clock, intervalMs: number) {
    this.clock = clock;
    this.intervalMs = Math.max(1, intervalMs);
  }

  start(): void {
    this.timer ??= this.clock.setTimer(this.intervalMs, () => {
      this.timer = undefined;
      for (const c of this.rules.values()) {
        c.lastMs = c.totalMs - c.markMs;
        c.markMs = c.totalMs;
      }
      this.ready = true;
      this.start();
    });
  }

  stop(): void {
    this.clock.clear(this.timer);
    this.timer = undefined;
  }

  /** Counters go on over runs of a rule. */
  of(ruleId: string): RuleCpu {
    let counter = this.rules.get(ruleId);
    if (!counter) {
      counter = createCounter(this.clock);
      this.rules.set(ruleId, counter);
    }
    return counter;
  }

  forget(ruleId: string): void {
    this.rules.delete(ruleId);
  }

  /** Milliseconds of the last whole interval by rule; undefined before the first one ended. */
  usage(): Record<string, number> | undefined {
    return this.ready ? Object.fromEntries([...this.rules].map(([id, c]) => [id, Math.round(c.lastMs)])) : undefined;
  }

  /** Prometheus text, with eKuiper's name. */
  metricsText(): string {
    if (this.rules.size === 0) return '';
    const name = 'kuiper_rule_cpu_time_seconds_total';
    const lines = [...this.rules].map(([id, c]) => `${name}{rule="${id.replace(/["\\\n]/g, '_')}"} ${(c.totalMs / 1000).toFixed(6)}`);
    return `# HELP ${name} CPU time of the evaluation of a rule.\n# TYPE ${name} counter\n${lines.join('\n')}\n`;
  }
}

function createCounter(clock: Clock): Counter {
  let depth = 0;
  let sinceMs = 0;
  const counter: Counter = {
    totalMs: 0,
    markMs: 0,
    lastMs: 0,
    begin() {
      if (depth++ === 0) sinceMs = clock.monotonic();
    },
    end() {
      if (--depth === 0) counter.totalMs += clock.monotonic() - sinceMs;
    },
  };
  return counter;
}

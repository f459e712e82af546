// Looks at the health of rules in turns, a few each second, so that it costs the same with ten rules and with ten thousand: writes one line for each
// new kind of problem of a rule, and knows in one sentence how the gateway is (STATUS= of systemd). Started by the runtime.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { RuleHealth, RuleState } from '../api.ts';

const LOOK_MS = 1000;
/** Rules in one turn; with fewer than four times as many each is looked at within 4 s. */
const PER_TURN = 25;
/** A kind that is over and comes again is news after this. */
const FORGET_MS = 600_000;

export interface WatchedRule {
  readonly id: string;
  readonly state: RuleState;
  health(): Pick<RuleHealth, 'ok' | 'problems'>;
}

export interface RuleWatch {
  start(): void;
  stop(): void;
  /** `3 rules run; 1 needs attention: tank: Source plant is disconnected …` */
  sentence(): string;
}

export interface WatchDeps {
  clock: Clock;
  log: Log;
  rules(): Iterable<WatchedRule>;
}

export function createRuleWatch({ clock, log, rules }: WatchDeps): RuleWatch {
  /** What was said first stays while its kind does: the sentence must not change with each second that passes. */
  const ill = new Map<string, { kind: string; text: string }>();
  const told = new Map<string, Map<string, number>>();
  let timer: TimerHandle | undefined;
  let queue: WatchedRule[] = [];

  const look = (rule: WatchedRule) => {
    const { ok, problems } = rule.health();
    if (ok) ill.delete(rule.id);
    else {
      const text = problems[0] ?? '';
      const kind = kindOf(text);
      if (ill.get(rule.id)?.kind !== kind) ill.set(rule.id, { kind, text });
    }
    if (rule.state !== 'running' && rule.state !== 'stoppedByError') return;
    const nowMs = clock.now();
    for (const problem of problems) {
      const kind = kindOf(problem);
      let kinds = told.get(rule.id);
      if (!kinds) told.set(rule.id, (kinds = new Map()));
      const lastMs = kinds.get(kind);
      kinds.set(kind, nowMs);
      if (lastMs === undefined || nowMs - lastMs > FORGET_MS)
        log.warn({ code: 'RULE_PROBLEM', rule: rule.id, kind, cause: problem }, 'A rule needs attention.');
    }
  };

  const turn = () => {
    timer = clock.setTimer(LOOK_MS, turn);
    if (queue.length === 0) {
      queue = [...rules()];
      const ids = new Set(queue.map((r) => r.id));
      for (const id of [...ill.keys(), ...told.keys()])
        if (!ids.has(id)) {
          ill.delete(id);
          told.delete(id);
        }
    }
    for (const rule of queue.splice(0, PER_TURN))
      try {
        look(rule);
      } catch (error) {
        log.error({ code: 'INTERNAL', rule: rule.id, cause: messageOf(error) }, 'Health of a rule cannot be told.');
      }
  };

  return {
    start() {
      timer ??= clock.setTimer(LOOK_MS, turn);
    },
    stop() {
      clock.clear(timer);
      timer = undefined;
    },
    sentence() {
      const all = [...rules()];
      const running = all.filter((r) => r.state === 'running').length;
      const head = all.length === 0 ? 'No rules' : `${running} of ${all.length} rule${all.length === 1 ? '' : 's'} running`;
      const [first] = ill;
      if (!first) return `${head}, all well`;
      const [id, { text }] = first;
      const many = ill.size === 1 ? '1 needs attention' : `${ill.size} need attention`;
      return `${head}; ${many}: ${id}: ${text}`.slice(0, 300);
    },
  };
}

/** The text without what changes from look to look. */
const kindOf = (problem: string): string => problem.replaceAll(/\d[\d.:TZ-]*/g, '#').slice(0, 120);

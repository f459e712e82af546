// What one message may cost: steps of work, bytes of results, time of the thread. Loops whose length a payload decides call `spend`, what
// builds a large result calls `reserve` first; both throw the row's error BUDGET_EXCEEDED when the budget of the evaluation under way is
// used up. Whoever begins an evaluation enters a budget (compile/chain.ts, runtime/transform, source/decode-group.ts); outside of one
// nothing is counted. Why this one place keeps state of the thread: docs/adr/0083-a-budget-for-every-message.md.
import { type GatewayError, rowError } from './errors/gateway-error.ts';
import { sizeText } from './size-text.ts';

export interface BudgetLimits {
  /** One step is about 25 ns on a small x64 core: one nested value visited, one element compared, 64 characters copied. */
  readonly maxSteps: number;
  /** All results that one evaluation builds, estimated in memory. */
  readonly maxBytes: number;
  /** CPU time of the thread. Looked at only once `SLICE_STEPS` are spent, so that ordinary rows do not depend on a clock. */
  readonly maxTimeMs: number;
}

export const defaultBudgetLimits: BudgetLimits = { maxSteps: 2_000_000, maxBytes: 64 * 1024 * 1024, maxTimeMs: 100 };

/** Levels of arrays and objects in each other: what is deeper is an error of the row, since printing, comparing and storing recurse. */
export const MAX_NESTING = 500;

/** Steps between two looks at the clock. */
const SLICE_STEPS = 65_536;
/** What each further row of one message adds to its budget. */
const STEPS_PER_MESSAGE_ROW = 20;
/** Each further row of a window adds this part of the limits, up to so many times the limits in all. */
const WINDOW_ROW_PART = 40;
const MAX_FACTOR = 50;
/** … and of bytes: time comes again, memory that is not there ends the gateway. */
const MAX_BYTES_FACTOR = 4;

export class Budget {
  /** Steps left of the present slice; negative = look again. */
  left = Number.POSITIVE_INFINITY;
  /** Bytes left. */
  bytesLeft = Number.POSITIVE_INFINITY;
  /** `rule bad`, for texts. */
  readonly owner: string;
  readonly limits: BudgetLimits;
  private message = -1;
  private rows = 0;
  private windowRows = 0;
  /** Steps spent in slices before the present one. */
  private spent = 0;
  private slice = 0;
  private maxSteps = 0;
  private maxBytes = 0;
  private startUs = -1;
  private forgiven = 0;

  constructor(owner: string, limits: BudgetLimits = defaultBudgetLimits) {
    this.owner = owner;
    this.limits = limits;
  }

  /** Steps spent since the last fresh start; for tests and measurements. */
  get steps(): number {
    return this.limits === unlimited ? 0 : this.spent + this.slice - this.left;
  }

  /** Bytes reserved since then. */
  get bytes(): number {
    return this.limits === unlimited ? 0 : this.maxBytes - this.bytesLeft;
  }

  /** Before a row: rows of one message share a budget, a new message gets a new one. */
  forRow(): void {
    if (this.message !== messages) {
      this.message = messages;
      this.fresh(0);
      return;
    }
    this.rows++;
    this.maxSteps += STEPS_PER_MESSAGE_ROW;
  }

  /** Before the rows of a window, a batch or a table.
   *  @param inside true when they come out of the evaluation of a row, which keeps what it has spent */
  forRows(n: number, inside: boolean): void {
    if (inside) {
      this.windowRows += n;
      this.grow();
      return;
    }
    this.message = -1;
    this.fresh(n);
  }

  /** Before rows that are sent on. What one message leads to shares a budget, which grows with the rows.
   *  @param inside true within an evaluation */
  forResult(n: number, inside: boolean): void {
    if (inside && this.message === messages) {
      this.windowRows += n;
      this.grow();
      return;
    }
    this.message = messages;
    this.fresh(n);
  }

  /** A row failed and its neighbours go on: they get a row's share of a window, if the budget is used up. That ends as well. */
  forgive(): void {
    if (this.forgiven >= WINDOW_ROW_PART) return;
    const { maxSteps, maxBytes } = this.limits;
    if (this.spent > this.maxSteps) {
      this.forgiven++;
      this.maxSteps = this.spent + maxSteps / WINDOW_ROW_PART;
      this.startUs = -1;
    }
    if (this.bytesLeft <= 0) {
      this.forgiven++;
      this.bytesLeft = maxBytes / WINDOW_ROW_PART;
    }
  }

  /** Throws, or opens the next slice. Called when the present one is used up. */
  look(): void {
    this.spent += this.slice - this.left;
    this.slice = this.left = 0;
    if (this.spent > this.maxSteps)
      throw this.error(
        `the work is more than ${this.maxSteps.toLocaleString('en')} steps, the limit for one ${this.unit} (basic.rowBudget.maxSteps raises it)`,
      );
    const usedMs = this.usedMs();
    const maxMs = this.limits.maxTimeMs * Math.max(1, this.maxSteps / this.limits.maxSteps);
    if (usedMs > maxMs) {
      this.spent = this.maxSteps + 1; // whoever swallowed the error does not go on either
      throw this.error(
        `the work took ${Math.round(usedMs)} ms; the limit for one ${this.unit} is ${Math.round(maxMs)} ms (basic.rowBudget.maxTime raises it)`,
      );
    }
    this.slice = this.left = Math.min(SLICE_STEPS, this.maxSteps - this.spent);
  }

  /** Error of a result that would not fit. */
  tooLarge(bytes: number): GatewayError {
    const all = this.maxBytes - this.bytesLeft;
    this.bytesLeft = Math.min(this.bytesLeft, 0);
    return this.error(
      all > bytes + 1024 * 1024
        ? `the results of this ${this.unit} would be ${sizeText(all)}; the limit is ${sizeText(this.maxBytes)} (basic.rowBudget.maxBytes raises it)`
        : `the result would be ${sizeText(bytes)}; the limit for one ${this.unit} is ${sizeText(this.maxBytes)} (basic.rowBudget.maxBytes raises it)`,
    );
  }

  error(problem: string): GatewayError {
    return budgetError(this.owner === '' ? problem : `${this.owner}: ${problem}`);
  }

  private get unit(): string {
    return this.windowRows > 1 ? `window of ${this.windowRows.toLocaleString('en')} rows` : 'row';
  }

  private fresh(windowRows: number): void {
    this.rows = windowRows > 0 ? 0 : 1;
    this.windowRows = windowRows;
    this.spent = 0;
    this.startUs = -1;
    this.forgiven = 0;
    this.maxBytes = this.bytesLeft = 0;
    this.grow();
    this.slice = this.left = Math.min(SLICE_STEPS, this.maxSteps);
  }

  /** The limits for as many rows as there are by now. */
  private grow(): void {
    const { rows, windowRows, limits } = this;
    const factor = (rows > 0 ? 1 : 0) + (windowRows > 0 ? Math.min(MAX_FACTOR, 1 + (windowRows - 1) / WINDOW_ROW_PART) : 0);
    this.maxSteps = limits.maxSteps * factor + Math.max(0, rows - 1) * STEPS_PER_MESSAGE_ROW;
    const maxBytes = limits.maxBytes * Math.min(MAX_BYTES_FACTOR, factor);
    this.bytesLeft += maxBytes - this.maxBytes;
    this.maxBytes = maxBytes;
  }

  /** CPU time since the first look; the slice before it is a millisecond or two. */
  private usedMs(): number {
    const { user, system } = process.threadCpuUsage();
    const nowUs = user + system;
    if (this.startUs < 0) this.startUs = nowUs;
    return (nowUs - this.startUs) / 1000;
  }
}

const unlimited: BudgetLimits = {
  maxSteps: Number.POSITIVE_INFINITY,
  maxBytes: Number.POSITIVE_INFINITY,
  maxTimeMs: Number.POSITIVE_INFINITY,
};

/** Outside of any evaluation: REST, tools, start-up. */
const none = new Budget('', unlimited);

/** The budget of the evaluation under way on this thread. */
let current: Budget = none;
/** Messages so far; tells a message's rows from those of the next one. */
let messages = 0;

/** A message arrives, or a window fires by the clock: budgets of rules start anew at their next row. */
export function beginMessage(): void {
  messages++;
}

/** Makes a budget the current one.
 *  @returns the one before, for `leave` */
export function enter(budget: Budget): Budget {
  const before = current;
  current = budget;
  return before;
}

export function leave(before: Budget): void {
  current = before;
}

/** Runs `work` on a budget for `rows` rows. */
export function within<T>(budget: Budget, rows: number, work: () => T): T {
  const before = enter(budget);
  try {
    budget.forResult(rows, before !== none);
    return work();
  } finally {
    leave(before);
  }
}

/** The evaluation under way goes on with the rows of a window. */
export function makeRoom(rows: number): void {
  if (current !== none) current.forRows(rows, true);
}

/** Counts work. @throws rowError BUDGET_EXCEEDED */
export function spend(steps: number): void {
  if ((current.left -= steps) < 0) current.look();
}

/** Counts a result before it is built. @throws rowError BUDGET_EXCEEDED with its size */
export function reserve(bytes: number): void {
  if ((current.bytesLeft -= bytes) < 0) throw current.tooLarge(bytes);
}

/** Counts work that cannot be counted in steps, by its time. */
export function spendTime(ms: number): void {
  spend(ms * STEPS_PER_MS);
}

const STEPS_PER_MS = 20_000;

/** Steps and bytes that the evaluation under way has used, for `giveBack`. */
export const stepsUsed = (): number => current.steps;
export const bytesUsed = (): number => current.bytes;

/** Some of what was counted was not done: a text that grows at its end is not copied for each piece, as its function must count it. */
export function giveBack(steps: number, bytes: number): void {
  if (current === none) return;
  current.left += steps;
  current.bytesLeft += bytes;
}

/** Limits of the evaluation under way. */
export const budgetLimitsNow = (): BudgetLimits => (current === none ? defaultBudgetLimits : current.limits);

/** Error of the budget of the evaluation under way. */
export const budgetProblem = (problem: string): GatewayError => current.error(problem);

/** Error of work that was stopped. @param what `matching 1000000 characters …` */
export const outOfTime = (what: string): GatewayError =>
  current.error(`${what} took more than ${budgetLimitsNow().maxTimeMs} ms, the limit for one row (basic.rowBudget.maxTime raises it)`);

/** Characters that count as one step when a text is copied or searched. */
const CHARS_PER_STEP = 64;

/** A text of so many UTF-16 units is built or walked through. */
export function spendText(units: number): void {
  if (units >= CHARS_PER_STEP) spend(units / CHARS_PER_STEP);
}

/** Before a text of so many UTF-16 units is built. */
export function reserveText(units: number): void {
  reserve(units * 2);
  spendText(units);
}

/** Before an array of so many elements is built. */
export function reserveArray(elements: number): void {
  reserve(elements * 16);
  spend(elements / 4);
}

/** @param depth levels down to here  @throws rowError BUDGET_EXCEEDED */
export function checkNesting(depth: number): void {
  if (depth > MAX_NESTING) throw current.error(nestingText);
}

export const nestingText = `a value is nested more than ${MAX_NESTING} levels deep`;

const budgetError = (text: string): GatewayError => rowError(text, 'BUDGET_EXCEEDED');

/** True for the error of a used-up budget: whoever turns errors of a row into an answer (null, false, no match) hands this one on. */
export function isBudgetError(error: unknown): error is GatewayError {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'BUDGET_EXCEEDED';
}

/** The error with the name of the function in whose work it happened; any other error, and one that has a name, as it is. */
export function inFunction(error: unknown, name: string): unknown {
  if (!isBudgetError(error)) return error;
  const text = String(error.params['text']);
  if (/(?:^|, )function /.test(text.slice(0, 300).split(':', 1)[0]!)) return error;
  const { owner } = current;
  if (owner !== '' && text.startsWith(`${owner}: `)) return budgetError(`${owner}, function ${name}: ${text.slice(owner.length + 2)}`);
  return budgetError(`function ${name}: ${text}`);
}

/** The members of an object are listed and looked up; a large one is a hash table. */
export const spendMembers = (n: number): void => spend(n > 1000 ? n * 12 : n * 5);

/** Before an object of so many members is built (a hash table, when there are many). */
export function reserveMembers(members: number): void {
  if (members <= 16) return;
  reserve(members * 64);
  spend(members * 8);
}

// A failure that is shown to the user as it is, without a stack.

export class CliError extends Error {
  /** `refused`: the server said no; `failed`: the work on this machine did; `unreachable`: nobody answered; `usage`: the command line is wrong;
   *  `differs`: a comparison found a difference. */
  readonly kind: 'refused' | 'failed' | 'unreachable' | 'usage' | 'differs';
  override readonly name = 'CliError';
  /** @param message empty: what there is to say was printed already */
  constructor(message: string, kind: CliError['kind']) {
    super(message);
    this.kind = kind;
  }
}

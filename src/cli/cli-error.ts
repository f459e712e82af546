// A failure that is shown to the user as it is, without a stack.

export class CliError extends Error {
  /** `refused`: the server said no; `unreachable`: nobody answered; `usage`: the command line is wrong. */
  readonly kind: 'refused' | 'unreachable' | 'usage';
  override readonly name = 'CliError';
  constructor(message: string, kind: 'refused' | 'unreachable' | 'usage') {
    super(message);
    this.kind = kind;
  }
}

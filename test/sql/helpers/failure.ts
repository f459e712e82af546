// Runs something that must throw a GatewayError and gives back what a user sees of it.
import { type GatewayError, isGatewayError } from '../../../src/base/errors/gateway-error.ts';

export interface Failure {
  readonly code: string;
  /** First line: eKuiper's text. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  /** How many characters are underlined. */
  readonly carets: number;
  readonly hint: string | undefined;
  readonly message: string;
}

export function failureOf(run: () => unknown): Failure {
  let error: GatewayError;
  try {
    run();
  } catch (thrown) {
    if (!isGatewayError(thrown)) throw thrown;
    error = thrown;
    const params = error.params as { text: string; line: number; column: number; hint?: string };
    const carets = /^ *[\t ]*(\^+)$/m.exec(error.message)?.[1]?.length ?? 0;
    return {
      code: error.code,
      text: params.text,
      line: params.line,
      column: params.column,
      carets,
      hint: params.hint,
      message: error.message,
    };
  }
  throw new Error('expected an error, got none');
}

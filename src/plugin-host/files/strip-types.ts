// TypeScript to JavaScript by Node's own stripper. The API is used on purpose; Node's note that it is experimental would only fill the log.
import { stripTypeScriptTypes } from 'node:module';

/** Places of errors stay the same: types become blanks. @throws SyntaxError of the stripper */
export function stripTypes(text: string): string {
  const warn = process.emitWarning;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' });
  } finally {
    process.emitWarning = warn;
  }
}

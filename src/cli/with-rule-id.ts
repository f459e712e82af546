// The id of a rule may be missing in the JSON given to the CLI; the name on the command line is put in. What is there stays as it is.
import { messageOf } from '../base/errors/gateway-error.ts';
import { CliError } from './cli-error.ts';

/** @throws CliError when the text is not a JSON object: better here, with the place, than as an answer of the server */
export function withRuleId(text: string, name: string): string {
  let rule: unknown;
  try {
    rule = JSON.parse(text);
  } catch (error) {
    throw new CliError(`The definition of rule ${name} is not valid JSON: ${messageOf(error)}`, 'usage');
  }
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule))
    throw new CliError(`The definition of rule ${name} is not a JSON object.`, 'usage');
  const { id } = rule as { id?: unknown };
  if (id === undefined || id === '') {
    const body = text.slice(text.indexOf('{') + 1);
    // the member is put before the user's text, which keeps big integers and key order
    return `{"id":${JSON.stringify(name)}${Object.keys(rule).filter((k) => k !== 'id').length ? ',' : ''}${id === '' ? body.replace(/"id"\s*:\s*""\s*,?/, '') : body}`;
  }
  if (id !== name) throw new CliError(`Create rule ${name} error : RuleId is not consistent with rule id.`, 'usage');
  return text;
}

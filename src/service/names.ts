// The one place where names of users are checked before they become keys, topics or parts of a path.
import { GatewayError } from '../base/errors/gateway-error.ts';

const NAME = /^[a-zA-Z0-9_-]+$/;

/** Checks a name of a stream, table, rule, plugin, schema, service, conf key or connection.
 *  @returns the name   @throws GatewayError NAME_INVALID with eKuiper's text */
export function checkName(name: string): string {
  const refuse = (text: string): never => {
    throw new GatewayError('NAME_INVALID', { text });
  };
  if (name === '') return refuse('id cannot be empty');
  if (name !== name.trim()) return refuse(`id '${name}' contains leading or trailing whitespace`);
  if (!NAME.test(name)) return refuse(`id '${name}' contains invalid characters: only alphanumeric, hyphens and underscores are allowed`);
  return name;
}

export function isName(name: string): boolean {
  return NAME.test(name);
}

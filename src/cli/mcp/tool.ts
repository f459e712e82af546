// What a tool of the MCP server is: name, texts, arguments as JSON Schema, and what it does over REST. Used by server.ts; the tools are in
// read-tools.ts and change-tools.ts.
import { CliError } from '../cli-error.ts';
import type { Client } from '../client.ts';

export interface ToolContext {
  readonly client: Client;
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

export interface Argument {
  readonly type: 'string' | 'integer' | 'boolean' | 'object' | 'array';
  readonly description: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly items?: Readonly<Record<string, unknown>>;
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly args: Readonly<Record<string, Argument>>;
  readonly required?: readonly string[];
  /** It changes the gateway, or removes something from it. */
  readonly changes?: true;
  /** @param args checked  @returns plain data  @throws CliError, GatewayError for what the caller can mend */
  run(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<unknown>;
}

export const inputSchema = ({ args, required = [] }: Tool) => ({
  type: 'object' as const,
  properties: args as Record<string, object>,
  required: [...required],
  additionalProperties: false,
});

/** @throws CliError naming the argument that is wrong */
export function checkArguments({ name, args, required = [] }: Tool, given: Readonly<Record<string, unknown>>): void {
  const refuse = (why: string) => new CliError(`${name}: ${why}`, 'usage');
  for (const key of required) if (given[key] === undefined) throw refuse(`argument ${key} is missing: ${args[key]!.description}`);
  for (const [key, value] of Object.entries(given)) {
    const spec = Object.hasOwn(args, key) ? args[key]! : undefined;
    if (spec === undefined) throw refuse(`there is no argument ${key}; there are ${Object.keys(args).join(', ') || 'none'}`);
    if (!hasType(value, spec.type)) throw refuse(`${key}: expected ${spec.type === 'integer' ? 'a whole number' : `type ${spec.type}`}`);
    if (spec.enum && !spec.enum.includes(value as string)) throw refuse(`${key}: expected one of ${spec.enum.join(', ')}`);
    if (spec.maxLength !== undefined && (value as string).length > spec.maxLength)
      throw refuse(`${key}: longer than ${spec.maxLength} characters`);
    if (spec.minimum !== undefined && (value as number) < spec.minimum) throw refuse(`${key}: less than ${spec.minimum}`);
    if (spec.maximum !== undefined && (value as number) > spec.maximum) throw refuse(`${key}: more than ${spec.maximum}`);
  }
}

function hasType(value: unknown, type: Argument['type']): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

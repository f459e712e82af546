// The JSON file of an external service as eKuiper has it: what it says and what is refused in it. Texts are eKuiper's where it has one. Used by
// services.ts; what the functions are comes from the schema (schema.ts).
import { parseDurationMs } from '../../base/duration.ts';
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';

export type Protocol = 'rest' | 'grpc' | 'msgpack-rpc';
const PROTOCOLS: readonly string[] = ['rest', 'grpc', 'msgpack-rpc'] satisfies Protocol[];

export interface InterfaceOptions {
  headers: Readonly<Record<string, string>>;
  insecureSkipVerify: boolean;
  /** Tries in all; 0 and 1: one. */
  retryCount: number;
  retryIntervalMs: number;
}

export interface ServiceInterface {
  name: string;
  description: unknown;
  address: URL;
  /** As it was written. */
  addressText: string;
  protocol: Protocol;
  schemaFile: string;
  schemaless: boolean;
  /** Name of the method → name of the function in SQL. */
  aliases: ReadonlyMap<string, string>;
  options: InterfaceOptions;
  rawOptions: unknown;
}

export interface ServiceDefinition {
  name: string;
  about: unknown;
  interfaces: readonly ServiceInterface[];
}

export const refuse = (text: string): GatewayError => new GatewayError('SERVICE_REFUSED', { text });

/** Members as Go finds them: in any case. */
function memberOf(object: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const lower = name.toLowerCase();
  return Object.entries(object).find(([key]) => key.toLowerCase() === lower)?.[1];
}

/** @throws GatewayError SERVICE_REFUSED */
export function parseService(name: string, text: string): ServiceDefinition {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    throw refuse(`parse services file ${name}.json failed: ${messageOf(error)}`);
  }
  if (!isRecord(given)) throw refuse(`parse services file ${name}.json failed: it must be an object`);
  const interfaces = memberOf(given, 'interfaces') ?? {};
  if (!isRecord(interfaces)) throw refuse(`parse services file ${name}.json failed: interfaces must be an object`);
  return {
    name,
    about: memberOf(given, 'about') ?? null,
    interfaces: Object.entries(interfaces).map(([key, value]) => parseInterface(name, key, value)),
  };
}

function parseInterface(service: string, name: string, given: unknown): ServiceInterface {
  const wrong = (problem: string) => refuse(`interface ${name} of service ${service}: ${problem}`);
  if (!isRecord(given)) throw wrong('it must be an object');
  const text = (key: string): string => {
    const value = memberOf(given, key) ?? '';
    if (typeof value !== 'string') throw wrong(`${key} must be a text`);
    return value;
  };
  const protocol = text('protocol');
  if (!isProtocol(protocol)) throw wrong(`unsupported protocol ${protocol}; there are ${PROTOCOLS.join(', ')}`);
  const schemaType = text('schemaType');
  const schemaFile = text('schemaFile');
  const schemaless = memberOf(given, 'schemaless') === true;
  if (schemaType !== '' && schemaType !== 'protobuf') throw wrong(`unsupported schema ${schemaType}`);
  if (schemaless && schemaType !== '') throw wrong(`unsupported schema ${schemaType} for schemaless type`);
  if (schemaless && schemaFile !== '') throw wrong('schemaless type does not support schema files');
  if (schemaless && protocol !== 'rest') throw wrong(`schemaless works with rest only, not with ${protocol}`);
  if (!schemaless && schemaType === '')
    throw wrong('unsupported schema  for schema type; write "schemaType": "protobuf", or "schemaless": true');
  if (!schemaless && schemaFile === '') throw wrong('schemaFile is missing');
  const addressText = text('address');
  return {
    name,
    description: memberOf(given, 'description') ?? null,
    address: addressOf(addressText, protocol, wrong),
    addressText,
    protocol,
    schemaFile,
    schemaless,
    aliases: aliasesOf(memberOf(given, 'functions') ?? [], wrong),
    options: optionsOf(memberOf(given, 'options') ?? {}, wrong),
    rawOptions: memberOf(given, 'options') ?? null,
  };
}

const isProtocol = (text: string): text is Protocol => PROTOCOLS.includes(text);

function addressOf(text: string, protocol: Protocol, wrong: (problem: string) => GatewayError): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw wrong(`invalid url ${text}`);
  }
  const schemes = protocol === 'rest' ? ['http:', 'https:'] : protocol === 'grpc' ? ['tcp:', 'http:', 'https:', 'grpc:'] : ['tcp:'];
  if (!schemes.includes(url.protocol))
    throw wrong(`address ${text} must begin with ${schemes.map((s) => `${s}//`).join(' or ')} for ${protocol}`);
  if (url.hostname === '') throw wrong(`address ${text} has no host`);
  if (protocol === 'msgpack-rpc' && url.port === '') throw wrong(`address ${text} has no port`);
  return url;
}

function aliasesOf(given: unknown, wrong: (problem: string) => GatewayError): Map<string, string> {
  if (!Array.isArray(given)) throw wrong('functions must be a list');
  const aliases = new Map<string, string>();
  for (const f of given) {
    const serviceName = isRecord(f) ? memberOf(f, 'serviceName') : undefined;
    const alias = isRecord(f) ? memberOf(f, 'name') : undefined;
    if (typeof serviceName !== 'string' || typeof alias !== 'string' || alias === '')
      throw wrong('each of functions needs name and serviceName');
    aliases.set(serviceName, alias);
  }
  return aliases;
}

function optionsOf(given: unknown, wrong: (problem: string) => GatewayError): InterfaceOptions {
  if (!isRecord(given)) throw wrong('incorrect rest option: options must be an object');
  const headers = memberOf(given, 'headers') ?? {};
  if (!isRecord(headers) || Object.values(headers).some((v) => typeof v !== 'string'))
    throw wrong('incorrect rest option: headers must be an object of texts');
  const skip = memberOf(given, 'insecureSkipVerify') ?? false;
  if (typeof skip !== 'boolean') throw wrong('incorrect rest option: insecureSkipVerify must be true or false');
  const retryCount = memberOf(given, 'retryCount') ?? 0;
  if (typeof retryCount !== 'number' || !Number.isInteger(retryCount) || retryCount < 0)
    throw wrong('incorrect rest option: retryCount must be a whole number from 0 on');
  const interval = memberOf(given, 'retryInterval') ?? '';
  let retryIntervalMs: number;
  try {
    retryIntervalMs = interval === '' ? 0 : parseDurationMs(interval);
  } catch (error) {
    throw wrong(`incorrect rest option: retryInterval: ${messageOf(error)}`);
  }
  if (retryIntervalMs < 0) throw wrong('incorrect rest option: retryInterval is negative');
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(headers)) if (typeof value === 'string') texts[key] = value;
  return { headers: texts, insecureSkipVerify: skip, retryCount, retryIntervalMs };
}

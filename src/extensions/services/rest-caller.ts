// Methods over HTTP: POST /Method with JSON, or what the method's HTTP rule says; without a schema verb and path are arguments. Made by services.ts.
import { isRetriable, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { createHttpClient } from '../../connectors/http-shared/client.ts';
import { toText } from '../../data/cast.ts';
import type { Value } from '../../data/value.ts';
import { fromJson, toJson } from '../portable/json-values.ts';
import { CALL_LIMIT_MS, type Caller, type CallerDeps } from './caller.ts';
import { applyRule } from './http-rule.ts';
import type { ServiceMethod } from './schema.ts';
import { fieldsOfArguments, isWrapper, toProtoJson, valueOfAnswer } from './values.ts';

interface Request {
  verb: string;
  uri: string;
  body?: string;
}

const VERB = /^(GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS)$/;

export function createRestCaller({ of, clock, privateNet, secrets }: CallerDeps): Caller {
  const { headers, insecureSkipVerify, retryCount, retryIntervalMs } = of.options;
  const client = createHttpClient(
    {
      certificationPath: '',
      privateKeyPath: '',
      rootCaPath: '',
      certificationRaw: '',
      privateKeyRaw: '',
      rootCARaw: '',
      insecureSkipVerify,
    },
    privateNet,
  );
  const base = of.addressText.replace(/\/+$/, '');
  const once = async (method: ServiceMethod | undefined, { verb, uri, body }: Request): Promise<Value> => {
    const answer = await client.send({
      method: verb,
      url: `${base}${uri}`,
      headers: { 'content-type': 'application/json', ...secrets(headers) },
      ...(body !== undefined && { body }),
      timeoutMs: CALL_LIMIT_MS,
    });
    const text = answer.body.toString();
    if (answer.status < 200 || answer.status > 299)
      throw new Error(`http executor fails to err http return code: ${answer.status} and error message ${text.slice(0, 1000)}`);
    const type = answer.headers['content-type'] ?? '';
    const json = type.startsWith('application/json');
    if (!json && !type.startsWith('text/plain')) throw new Error(`unsupported resposne content type ${type}`);
    return method ? answerOf(method, text, json) : schemaless(text, json);
  };
  return {
    async call(method, args) {
      const request = method ? requestOf(method, args) : requestOfArguments(args);
      for (let n = 1; ; n++) {
        try {
          return await once(method, request);
        } catch (error) {
          if (n >= retryCount || !isRetriable(error)) throw error;
          if (retryIntervalMs > 0) await clock.sleep(retryIntervalMs);
        }
      }
    },
    close: () => client.close(),
  };
}

function requestOf(method: ServiceMethod, args: readonly Value[]): Request {
  const { input, http } = method;
  if (!http) {
    const uri = `/${method.name}`;
    const [first] = args;
    // the text is the body itself
    if (args.length === 1 && input.fullName === '.google.protobuf.StringValue')
      return { verb: 'POST', uri, body: toText(first ?? null, 'strict') };
    return { verb: 'POST', uri, body: JSON.stringify(toProtoJson(input, fieldsOfArguments(method, args))) };
  }
  const { uri, rest } = applyRule(http, fieldsOfArguments(method, args));
  if (http.body === '') return { verb: http.verb, uri };
  const whole = toProtoJson(input, rest);
  if (http.body === '*') return { verb: http.verb, uri, body: JSON.stringify(whole) };
  const field = input.fields[http.body];
  const part = field ? toProtoJson(input, { [field.name]: rest[field.name] }) : {};
  const [value = {}] = Object.values(typeof part === 'object' && part !== null ? part : {});
  return { verb: http.verb, uri, body: JSON.stringify(value) };
}

function requestOfArguments(args: readonly Value[]): Request {
  const [verb, uri, ...params] = args;
  if (args.length < 2) throw rowError('the parameter count must be greater than 2');
  if (typeof verb !== 'string' || typeof uri !== 'string') throw rowError('verb and path must be texts');
  const upper = verb.toUpperCase();
  if (!VERB.test(upper)) throw rowError(`${verb} is not a verb of HTTP`);
  if (!/^[/?]/.test(uri) || /(^|\/)\.\.?(\/|$|\?)/.test(uri)) throw rowError(`the path ${uri} must begin with / and not lead upwards`);
  if (params.length === 0) return { verb: upper, uri };
  return { verb: upper, uri, body: JSON.stringify(toJson(params.length === 1 ? params[0] : params)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the answer is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function answerOf(method: ServiceMethod, text: string, json: boolean): Value {
  if (json) return valueOfAnswer(method.output, fromJson(parsed(text)), 'sameKind');
  if (!isWrapper(method.output))
    throw new Error(`fail to convert return val to text, return type must be primitive type but got ${method.output.name}`);
  return valueOfAnswer(method.output, text, 'all');
}

function schemaless(text: string, json: boolean): Value {
  if (json) return fromJson(parsed(text));
  try {
    return fromJson(JSON.parse(text));
  } catch {
    return text; // plain text it is
  }
}

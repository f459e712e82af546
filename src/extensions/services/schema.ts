// The methods of a .proto file: names, types of what goes in and comes out, HTTP rules. Files are read from one folder; imports of google/protobuf come
// with protobufjs, those of google/api only declare options that are read here as they stand. Used by services.ts.
import { isAbsolute, normalize } from 'node:path/posix';
import protobuf from 'protobufjs';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { refuse } from './definition.ts';
import { type HttpRule, httpRuleOf } from './http-rule.ts';

export interface ServiceMethod {
  name: string;
  /** Of gRPC: `/package.Service/Method`. */
  path: string;
  input: protobuf.Type;
  output: protobuf.Type;
  /** It says more than one message at a time: callable by nobody here. */
  streaming: boolean;
  http: HttpRule | undefined;
}

export interface ServiceSchema {
  methods: readonly ServiceMethod[];
  /** The file and what it imports, as paths in the folder. */
  files: readonly string[];
}

/** Nested imports of a file that is no schema of anybody. */
const MAX_FILES = 200;

/** @param read text of a file of the folder; undefined when there is none  @throws GatewayError SERVICE_REFUSED */
export function parseSchema(file: string, read: (path: string) => string | undefined): ServiceSchema {
  const wrong = (problem: string) => refuse(`Fail to parse schema file ${file}: ${problem}`);
  const root = new protobuf.Root();
  const files: string[] = [];
  const shippedSeen = new Set<string>();
  const load = (path: string, from: string): void => {
    const name = normalize(path);
    if (isAbsolute(name) || name.startsWith('..')) throw wrong(`${from} imports ${path}, which lies outside of the folder of schemas`);
    if (files.includes(name)) return;
    if (files.length === MAX_FILES) throw wrong(`it imports more than ${MAX_FILES} files`);
    const text = read(name);
    if (text === undefined) {
      const shipped = protobuf.common.get(name);
      if (shipped) {
        if (!shippedSeen.has(name)) root.addJSON(shipped.nested ?? {});
        shippedSeen.add(name);
        return;
      }
      // only the options of methods are declared in it
      if (name.startsWith('google/api/')) return;
      throw wrong(from === '' ? `file ${path} does not exist` : `${from} imports ${path}, and there is no such file in schemas`);
    }
    files.push(name);
    let parsed: protobuf.IParserResult;
    try {
      parsed = protobuf.parse(text, root, { keepCase: true });
    } catch (error) {
      throw wrong(messageOf(error));
    }
    for (const other of [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])]) load(other, name);
  };
  load(file, '');
  try {
    root.resolveAll();
  } catch (error) {
    throw wrong(messageOf(error));
  }
  const methods: ServiceMethod[] = [];
  const own = new Set(servicesOfText(read(normalize(file)) ?? ''));
  const look = (space: protobuf.NamespaceBase): void => {
    for (const entry of space.nestedArray) {
      // services of imported files are not meant
      if (entry instanceof protobuf.Service && own.has(entry.name)) methods.push(...methodsOf(entry, wrong));
      if (entry instanceof protobuf.Namespace) look(entry);
    }
  };
  look(root);
  return { methods, files };
}

function servicesOfText(text: string): string[] {
  const parsed = protobuf.parse(text, new protobuf.Root(), { keepCase: true });
  const names: string[] = [];
  const look = (space: protobuf.NamespaceBase): void => {
    for (const entry of space.nestedArray) {
      if (entry instanceof protobuf.Service) names.push(entry.name);
      else if (entry instanceof protobuf.Namespace) look(entry);
    }
  };
  look(parsed.root);
  return names;
}

function methodsOf(service: protobuf.Service, wrong: (problem: string) => Error): ServiceMethod[] {
  return service.methodsArray.map((method) => {
    method.resolve();
    const { resolvedRequestType: input, resolvedResponseType: output } = method;
    if (!input || !output) throw wrong(`the types of ${method.name} are not known`);
    try {
      return {
        name: method.name,
        path: `/${service.fullName.replace(/^\./, '')}/${method.name}`,
        input,
        output,
        streaming: method.requestStream === true || method.responseStream === true,
        http: httpRuleOf(method, input),
      };
    } catch (error) {
      throw wrong(messageOf(error));
    }
  });
}

// External services: SQL functions that are methods of programs elsewhere, as eKuiper has them. A service is data/services/NAME.json with schemas in
// data/services/schemas; files that somebody put there count too. Everything is read before anything is written. Made by ../index.ts, changed by
// service/external-services.ts, asked by the planner as a catalogue of functions.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { writeDurablyBelow } from '../../base/durable-file.ts';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { CallSite, FunctionCatalogue, FunctionDefinition } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { outsideFunction } from '../outside.ts';
import type { Caller } from './caller.ts';
import { parseService, refuse, type ServiceDefinition, type ServiceInterface } from './definition.ts';
import { parseSchema, type ServiceMethod } from './schema.ts';

export interface ServiceFile {
  path: string;
  content: Buffer;
}

/** What a function is, in eKuiper's spelling. */
export interface ServiceFunction {
  FuncName: string;
  ServiceName: string;
  InterfaceName: string;
  Addr: string;
  MethodName: string;
}

export interface Services {
  readonly functions: FunctionCatalogue;
  list(): string[];
  /** In eKuiper's spelling, with headers as they are; undefined: there is none. */
  describe(name: string): unknown;
  listFunctions(): ServiceFunction[];
  describeFunction(name: string): ServiceFunction | undefined;
  /** Creates or replaces. @returns its functions, and those of the one before  @throws GatewayError SERVICE_REFUSED: nothing was changed */
  install(name: string, files: readonly ServiceFile[]): string[];
  /** @returns its functions */
  remove(name: string): string[];
  /** Its description and its schemas. */
  filesOf(name: string): ServiceFile[];
  /** Reads the files; those that are no services are told in the log and left out. */
  reload(): void;
  close(): void;
}

interface LoadedInterface {
  definition: ServiceInterface;
  /** By their names in SQL; one for an interface without a schema. */
  methods: Map<string, ServiceMethod | undefined>;
  schemaFiles: readonly string[];
  caller: Promise<Caller> | undefined;
}

interface Loaded {
  definition: ServiceDefinition;
  text: string;
  interfaces: LoadedInterface[];
}

export interface ServicesDeps {
  folder: string;
  clock: Clock;
  log: Log;
  privateNet: () => boolean;
  /** Texts with what stands behind `${secret:name}`. */
  secrets: <T>(value: T) => T;
}

const SCHEMAS = 'schemas';

export function createServices({ folder, clock, log, privateNet, secrets }: ServicesDeps): Services {
  const services = new Map<string, Loaded>();
  const definitions = new Map<string, FunctionDefinition>();

  const onDisk = (path: string): string | undefined => {
    const file = join(folder, SCHEMAS, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const load = (name: string, text: string, read: (path: string) => string | undefined): Loaded => {
    const definition = parseService(name, text);
    const interfaces = definition.interfaces.map((i): LoadedInterface => {
      if (i.schemaless) return { definition: i, methods: new Map([[i.name, undefined]]), schemaFiles: [], caller: undefined };
      const schema = parseSchema(i.schemaFile, read);
      const methods = new Map<string, ServiceMethod | undefined>();
      for (const m of schema.methods) {
        if (m.streaming)
          throw refuse(`method ${m.name} of ${i.schemaFile} is a stream; only methods with one message each way can be functions`);
        methods.set(i.aliases.get(m.name) ?? m.name, m);
      }
      const unknown = [...i.aliases.keys()].find((method) => !schema.methods.some((m) => m.name === method));
      if (unknown !== undefined)
        throw refuse(`functions of interface ${i.name} name the method ${unknown}, which ${i.schemaFile} does not have`);
      return { definition: i, methods, schemaFiles: schema.files, caller: undefined };
    });
    return { definition, text, interfaces };
  };
  const find = (name: string): { service: Loaded; of: LoadedInterface; method: ServiceMethod | undefined } | undefined => {
    // of two functions of one name the later one counts, by the names of their services, so that it stays so over a restart
    for (const [, service] of [...services].sort(([a], [b]) => (a < b ? 1 : -1)))
      for (const of of service.interfaces) if (of.methods.has(name)) return { service, of, method: of.methods.get(name) };
    return undefined;
  };
  const callerOf = (of: LoadedInterface): Promise<Caller> => {
    const deps = { of: of.definition, clock, privateNet, secrets };
    const make = async (): Promise<Caller> => {
      switch (of.definition.protocol) {
        case 'rest':
          return (await import('./rest-caller.ts')).createRestCaller(deps);
        case 'grpc':
          return (await import('./grpc-caller.ts')).createGrpcCaller(deps);
        case 'msgpack-rpc':
          return (await import('./msgpack-caller.ts')).createMsgpackCaller(deps);
      }
    };
    return (of.caller ??= make());
  };
  const closeOf = (service: Loaded) => {
    for (const i of service.interfaces) void i.caller?.then((c) => c.close());
  };
  const exec = async (name: string, args: readonly Value[]): Promise<Value> => {
    // at each call: the service may have been replaced
    const found = find(name);
    if (!found) throw rowError(`call func ${name} error: its service was removed`);
    try {
      return await (await callerOf(found.of)).call(found.method, args);
    } catch (error) {
      throw rowError(`call func ${name} error: ${messageOf(error)}`);
    }
  };
  const define = (name: string): FunctionDefinition => {
    /** Calls of one place go one after the other, as in eKuiper: a service may keep a state. */
    const lines = new Map<number, Promise<unknown>>();
    return outsideFunction({
      name,
      group: 'service',
      owner: `service/${name}`,
      doc: `Method of the external service ${find(name)?.service.definition.name ?? ''}.`,
      aggregate: false,
      exec(args: unknown[], _site: CallSite, place) {
        const before = lines.get(place) ?? Promise.resolve();
        const mine = before.then(() => exec(name, args as Value[]));
        const settled = mine
          .catch(() => undefined)
          .then(() => {
            if (lines.get(place) === settled) lines.delete(place);
          });
        lines.set(place, settled);
        return mine;
      },
    });
  };
  const functionsOf = (service: Loaded | undefined): string[] => service?.interfaces.flatMap((i) => [...i.methods.keys()]) ?? [];
  const redefine = (names: readonly string[]) => {
    for (const name of names) {
      if (!find(name)) definitions.delete(name);
      else if (!definitions.has(name)) definitions.set(name, define(name));
    }
  };
  const infoOf = (name: string): ServiceFunction | undefined => {
    const found = find(name);
    if (!found) return undefined;
    return {
      FuncName: name,
      ServiceName: found.service.definition.name,
      InterfaceName: found.of.definition.name,
      Addr: found.of.definition.addressText,
      MethodName: found.method?.name ?? name,
    };
  };
  /** Schemas of a service that no other one reads. */
  const ownSchemas = (name: string): string[] => {
    const others = new Set(
      [...services].filter(([other]) => other !== name).flatMap(([, s]) => s.interfaces.flatMap((i) => i.schemaFiles)),
    );
    return (services.get(name)?.interfaces ?? []).flatMap((i) => i.schemaFiles).filter((f) => !others.has(f));
  };

  return {
    functions: { get: (name) => definitions.get(name), names: () => [...definitions.keys()] },
    list: () => [...services.keys()].sort(),
    describe(name) {
      const service = services.get(name);
      if (!service) return undefined;
      return {
        About: service.definition.about,
        Interfaces: Object.fromEntries(service.interfaces.map((i) => [i.definition.name, shown(i)])),
      };
    },
    listFunctions: () =>
      [...definitions.keys()].sort().flatMap((name) => {
        const info = infoOf(name);
        return info ? [info] : [];
      }),
    describeFunction: infoOf,
    install(name, files) {
      const description = files.find((f) => f.path.toLowerCase() === `${name}.json`.toLowerCase());
      if (!description) throw refuse(`cannot find the json descriptor file ${name}.json for service`);
      const fresh = new Map<string, Buffer>();
      for (const f of files) if (f.path.startsWith(`${SCHEMAS}/`)) fresh.set(f.path.slice(SCHEMAS.length + 1), f.content);
      const read = (path: string) => fresh.get(path)?.toString() ?? onDisk(path);
      const text = description.content.toString();
      const loaded = load(name, text, read);
      // a schema may be that of others too
      const others = new Map<string, Loaded>();
      for (const [other, s] of services) {
        if (other === name || !s.interfaces.some((i) => i.schemaFiles.some((f) => fresh.has(f)))) continue;
        try {
          others.set(other, load(other, s.text, read));
        } catch (error) {
          throw refuse(`service ${other} uses a schema of the same name and would not work any more: ${messageOf(error)}`);
        }
      }
      const before = services.get(name);
      for (const [path, content] of fresh) writeDurablyBelow(join(folder, SCHEMAS, path), content);
      writeDurablyBelow(join(folder, `${name}.json`), description.content);
      for (const [other, s] of others) {
        const old = services.get(other);
        if (old) closeOf(old);
        services.set(other, s);
      }
      if (before) closeOf(before);
      services.delete(name);
      services.set(name, loaded);
      const names = [...new Set([...functionsOf(before), ...functionsOf(loaded)])];
      redefine(names);
      return names;
    },
    remove(name) {
      const service = services.get(name);
      if (!service) throw refuse(`${name} is not found`);
      for (const path of ownSchemas(name)) rmSync(join(folder, SCHEMAS, path), { force: true });
      rmSync(join(folder, `${name}.json`), { force: true });
      closeOf(service);
      services.delete(name);
      const names = functionsOf(service);
      redefine(names);
      return names;
    },
    filesOf(name) {
      const service = services.get(name);
      if (!service) return [];
      const schemas = [...new Set(service.interfaces.flatMap((i) => i.schemaFiles))];
      return [
        { path: `${name}.json`, content: Buffer.from(service.text) },
        ...schemas.map((path) => ({ path: `${SCHEMAS}/${path}`, content: readFileSync(join(folder, SCHEMAS, path)) })),
      ];
    },
    reload() {
      const found = new Map<string, Loaded>();
      for (const file of namesIn(folder)) {
        const name = file.slice(0, -'.json'.length);
        try {
          found.set(name, load(name, readFileSync(join(folder, file), 'utf8'), onDisk));
        } catch (error) {
          log.error({ code: 'SERVICE_REFUSED', service: name, reason: messageOf(error) }, 'A stored service cannot be used.');
        }
      }
      const names = [...services.values(), ...found.values()].flatMap(functionsOf);
      for (const s of services.values()) closeOf(s);
      services.clear();
      for (const [name, s] of found) services.set(name, s);
      redefine([...new Set(names)]);
    },
    close() {
      for (const s of services.values()) closeOf(s);
    },
  };
}

function shown(i: LoadedInterface) {
  const { description, addressText, protocol, schemaFile, schemaless, rawOptions } = i.definition;
  return {
    Desc: description,
    Addr: addressText,
    Protocol: protocol,
    Schema: { SchemaType: schemaless ? '' : 'protobuf', SchemaFile: schemaFile, Schemaless: schemaless },
    Functions: [...i.methods.keys()],
    Options: rawOptions,
  };
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
}

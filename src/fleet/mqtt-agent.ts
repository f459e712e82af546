// Many gateways by MQTT: what each shall be comes as a retained message, what it is goes out as one (docs/adr/0206). The most specific of
// `…/device/NAME/desired`, `…/group/GROUP/desired` and `…/all/desired` counts. Made by fleet.ts.
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MqttClient } from 'mqtt';
import type { Clock, TimerHandle } from '../base/clock.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../base/json-depth.ts';
import type { Log } from '../base/log.ts';
import { nodeCrypto } from '../base/node-builtins.ts';
import type { FleetSettings } from '../config/index.ts';
import type { ApplyService } from '../service/index.ts';
import type { Identity } from './identity.ts';
import { isSigned } from './pull/index-file.ts';
import { openStateFile } from './state-file.ts';

export interface DesiredState {
  /** Grows with each change; an older one is not taken in the place of a newer one of the same topic. */
  serial: number;
  files: Record<string, string | { base64: string }>;
  prune?: boolean;
}

export interface MqttState {
  /** Topic of what is in effect; '' = nothing was asked for yet. */
  topic: string;
  /** By topic. */
  serials: Record<string, number>;
  digest: string;
  revision: string;
  problem: string;
  atMs: number;
}

export interface MqttAgentDeps {
  settings: FleetSettings['mqtt'];
  tls: FleetSettings['tls'];
  who: Identity;
  folder: string;
  /** @throws GatewayError when the secret is not set */
  password(): string | undefined;
  keys(): readonly KeyObject[];
  apply: Pick<ApplyService, 'run'>;
  clock: Clock;
  log: Log;
  random: () => number;
  changed(): void;
}

export interface MqttAgent {
  start(): void;
  stop(): Promise<void>;
  state(): MqttState & { connected: boolean };
  /** Publishes what the gateway is. */
  report(value: object): void;
}

const EMPTY: MqttState = { topic: '', serials: {}, digest: '', revision: '', problem: '', atMs: 0 };
/** Retained messages of several topics come together: they are looked at when it is quiet. */
const QUIET_MS = 300;
const MAX_BYTES = 16 * 1024 * 1024;
const END_MS = 500;

export function topicsOf(prefix: string, who: Identity) {
  const root = `${prefix}/fleet`;
  const level = (text: string) => text.replaceAll(/[/+#\0]/g, '_');
  const own = `${root}/device/${level(who.name)}`;
  return {
    /** Most specific first. */
    desired: [`${own}/desired`, ...who.groups.map((g) => `${root}/group/${level(g)}/desired`), `${root}/all/desired`],
    reported: `${own}/reported`,
    online: `${own}/online`,
  };
}

export function createMqttAgent(deps: MqttAgentDeps): MqttAgent {
  const { settings, tls, who, clock, log } = deps;
  const topics = topicsOf(settings.prefix, who);
  const file = openStateFile<MqttState>(join(deps.folder, 'mqtt.json'), EMPTY, log);
  const seen = new Map<string, Buffer>();
  let client: MqttClient | undefined;
  let connecting: Promise<void> | undefined;
  let stopped = false;
  let timer: TimerHandle | undefined;
  let work: Promise<void> = Promise.resolve();
  let reported: string | undefined;

  const put = (next: Partial<MqttState>) => {
    file.set({ ...file.value, ...next, atMs: clock.now() });
    deps.changed();
  };
  const look = async (): Promise<void> => {
    const topic = topics.desired.find((t) => (seen.get(t)?.length ?? 0) > 0);
    if (topic === undefined || stopped) return;
    const bytes = seen.get(topic)!;
    const digest = nodeCrypto().createHash('sha256').update(`${topic}\0`).update(bytes).digest('hex');
    const { value } = file;
    if (digest === value.digest && value.problem === '') return;
    try {
      const desired = read(bytes, deps.keys());
      const serial = value.serials[topic] ?? 0;
      if (desired.serial < serial) throw new Error(`its serial is ${desired.serial}, and ${serial} was followed already`);
      const tree = new Map(
        Object.entries(desired.files).map(([path, content]): [string, Buffer] => [
          path,
          typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.base64, 'base64'),
        ]),
      );
      const report = await deps.apply.run(tree, { prune: desired.prune === true, source: `mqtt ${topic} ${desired.serial}` });
      const refused = report.items
        .filter((i) => i.outcome === 'refused')
        .map((i) => `${i.path || `${i.part} ${i.name}`}: ${i.reason ?? ''}`);
      if (!report.applied) throw new Error(`refused, nothing was changed: ${refused.join('; ')}`);
      put({ topic, digest, revision: report.revision, problem: '', serials: { ...value.serials, [topic]: desired.serial } });
    } catch (error) {
      const problem = `${topic}: ${messageOf(error)}`;
      log.warn({ code: 'FLEET', part: 'mqtt', reason: problem }, 'A desired state of the fleet was not taken.');
      put({ digest, problem });
    }
  };
  const soon = () => {
    clock.clear(timer);
    timer = clock.setTimer(QUIET_MS, () => {
      work = work
        .then(look)
        .catch((error: unknown) =>
          log.error({ code: 'FLEET', part: 'mqtt', reason: messageOf(error) }, 'The state of the fleet cannot be written.'),
        );
    });
  };
  const publish = (topic: string, text: string) => {
    client?.publish(topic, text, { qos: 1, retain: true }, (error) => {
      // it is sent again at the next connect
      if (error && !stopped) log.debug({ part: 'mqtt', topic, reason: messageOf(error) }, 'A state of the fleet was not sent.');
    });
  };
  const connect = async (): Promise<void> => {
    const { default: mqtt } = await import('mqtt');
    if (stopped) return;
    const readFile = (path: string) => (path === '' ? {} : readFileSync(path));
    const address = settings.server.replace(/^tcp:/i, 'mqtt:').replace(/^(ssl|tls):/i, 'mqtts:');
    const password = deps.password();
    client = mqtt.connect(address, {
      clientId: `kuiper-fleet-${who.id}`,
      protocolVersion: 5,
      clean: true,
      reconnectPeriod: Math.round(2_000 + 4_000 * deps.random()),
      resubscribe: false,
      ...(settings.username === '' ? {} : { username: settings.username }),
      ...(password === undefined ? {} : { password }),
      ...(tls.ca === '' ? {} : { ca: readFile(tls.ca) as Buffer }),
      ...(tls.cert === '' ? {} : { cert: readFile(tls.cert) as Buffer, key: readFile(tls.key) as Buffer }),
      will: { topic: topics.online, payload: Buffer.from('0'), qos: 1, retain: true },
    });
    client.on('connect', () => {
      seen.clear();
      client!.subscribe(topics.desired, { qos: 1 }, (error) => {
        if (error) log.warn({ code: 'FLEET', part: 'mqtt', reason: messageOf(error) }, 'The broker refused the subscription of the fleet.');
      });
      publish(topics.online, '1');
      if (reported !== undefined) publish(topics.reported, reported);
      deps.changed();
    });
    client.on('message', (topic, payload) => {
      if (!topics.desired.includes(topic)) return;
      seen.set(topic, Buffer.from(payload));
      soon();
    });
    client.on('error', (error) =>
      log.warn({ code: 'FLEET', part: 'mqtt', reason: messageOf(error) }, 'The broker of the fleet cannot be used.'),
    );
  };
  return {
    start() {
      connecting ??= connect().catch((error: unknown) => {
        log.warn({ code: 'FLEET', part: 'mqtt', reason: messageOf(error) }, 'The broker of the fleet cannot be used.');
        put({ problem: messageOf(error) });
      });
    },
    async stop() {
      stopped = true;
      clock.clear(timer);
      await connecting;
      await work;
      if (!client) return;
      const { connected } = client;
      if (connected) publish(topics.online, '0');
      // a broker that does not answer must not hold the stop up
      await Promise.race([client.endAsync(!connected), clock.sleep(END_MS)]);
    },
    state: () => ({ ...file.value, connected: client?.connected === true }),
    report(value) {
      const text = JSON.stringify(value);
      if (text === reported) return;
      reported = text;
      if (client?.connected) publish(topics.reported, text);
    },
  };
}

/** @throws Error with what is wrong */
function read(bytes: Buffer, keys: readonly KeyObject[]): DesiredState {
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  let text = bytes.toString('utf8');
  if (isTooDeep(text)) throw new Error(TOO_DEEP);
  let value = JSON.parse(text) as Partial<DesiredState> & { signed?: unknown; signature?: unknown };
  if (keys.length > 0) {
    if (typeof value.signed !== 'string' || typeof value.signature !== 'string')
      throw new Error(
        'it is not signed, and this gateway has keys of those who may sign; expected {"signed": "<the state as text>", "signature"}',
      );
    text = value.signed;
    if (!isSigned(Buffer.from(text), value.signature, keys)) throw new Error('none of the keys in etc/fleet-keys made its signature');
    value = JSON.parse(text) as Partial<DesiredState>;
  }
  if (!Number.isSafeInteger(value.serial) || typeof value.files !== 'object' || value.files === null)
    throw new Error('expected {"serial": 1, "files": {…}, "prune": true}');
  return value as DesiredState;
}

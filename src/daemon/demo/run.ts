// Runs the demo until Ctrl-C. The gateway is the real one (daemon/gateway.ts) with its log in .run/log/gateway.jsonl.
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import type { MqttClient } from 'mqtt';
import { createRealClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { createLog } from '../../base/log.ts';
import { type Environment, foldersOf } from '../../config/index.ts';
import { type ModbusDemo, openModbusDemo, TANK_RULE } from '../../simulators/modbus-demo.ts';
import { openSerialDemo, SCALE_RULE, type SerialDemo } from '../../simulators/serial-demo.ts';
import { createGateway } from '../gateway.ts';
import { createLifecycle, type Part } from '../lifecycle.ts';
import { createSignalHandler } from '../signals.ts';
import { type DemoBroker, openDemoBroker } from './broker.ts';
import { freePort } from './free-port.ts';
import { createMachine } from './machine.ts';
import { createPrinter } from './printer.ts';
import { DEMO_RULES, DEMO_STREAM, demoRuleJson } from './rules.ts';

const REST_PORT = 9081;
const BROKER_PORT = 1883;
const READ_EVERY_MS = 500;
const STOP_LIMIT_MS = 1_900;

export async function runDemo(base: string, env: Environment): Promise<void> {
  const clock = createRealClock();
  const printer = createPrinter((text) => void process.stdout.write(text), process.stdout.isTTY === true);
  const restPort = await freePort(Number(env['KUIPER__BASIC__RESTPORT']) || REST_PORT, '127.0.0.1');
  // two demos at once must not share one root
  const root = restPort === REST_PORT ? base : join(base, String(restPort));
  // a scratch root: each run begins with the demo's own streams and rules, plugins are the repository's
  rmSync(join(root, 'data'), { recursive: true, force: true, maxRetries: 2 });
  mkdirSync(join(root, 'log'), { recursive: true });
  const logFile = join(root, 'log/gateway.jsonl');
  const logStream = createWriteStream(logFile, { flags: 'w' });
  const log = createLog({ write: (line) => void logStream.write(`${line}\n`) });

  const given = env['BROKER']?.trim();
  let broker: DemoBroker | undefined;
  if (!given) {
    const port = await freePort(BROKER_PORT, '127.0.0.1');
    if (port !== BROKER_PORT) printer.line(`Port ${BROKER_PORT} is taken; the broker uses ${port}.`);
    broker = await openDemoBroker(port);
  }
  const brokerUrl = given || broker!.url;
  const server = brokerUrl.replace(/^mqtt:/, 'tcp:');
  let devices: MqttClient | undefined;
  let viewer: MqttClient | undefined;
  let serial: SerialDemo | undefined;
  let modbus: ModbusDemo | undefined;
  let ticking: ReturnType<typeof setInterval> | undefined;

  const gateway = createGateway({
    folders: { ...foldersOf(root), plugins: resolve(import.meta.dirname, '../../../plugins') },
    env: { ...env, KUIPER__BASIC__RESTPORT: String(restPort), KUIPER__BASIC__RESTIP: '127.0.0.1', MQTT_SOURCE__DEFAULT__SERVER: server },
    log,
    clock,
    onStopRequest: () => void stop(),
  });

  const connect = async (): Promise<MqttClient> => {
    const { connect: open } = await import('mqtt');
    const client = open(brokerUrl.replace(/^tcp:/, 'mqtt:'), { reconnectPeriod: 1_000 });
    client.on('error', (error) => printer.line(`broker ${brokerUrl}: ${error.message || (error as { code?: string }).code}`));
    return client;
  };

  const parts: Part[] = [
    {
      name: 'broker',
      start: () => undefined,
      stop: () => broker?.close(),
    },
    {
      name: 'scale',
      async start() {
        serial = await openSerialDemo(root, clock);
      },
      stop: () => serial?.close(),
    },
    {
      name: 'controller',
      async start() {
        modbus = await openModbusDemo(root);
      },
      stop: () => modbus?.close(),
    },
    ...gateway.parts,
    {
      name: 'rules of the demo',
      async start() {
        await gateway.service.streams.command(DEMO_STREAM);
        for (const rule of DEMO_RULES) await gateway.service.rules.create(demoRuleJson(rule, server));
        await gateway.service.streams.command(modbus!.stream);
        await gateway.service.rules.create(demoRuleJson(TANK_RULE, server));
        if (!serial) return;
        await gateway.service.streams.command(serial.stream);
        await gateway.service.rules.create(demoRuleJson(SCALE_RULE, server));
      },
    },
    {
      name: 'viewer',
      async start() {
        viewer = await connect();
        viewer.on('message', (topic, payload) => printer.result(topic, payload.toString(), clock.now()));
        viewer.on('connect', () => void viewer!.subscribe('demo/results/+', { qos: 1 }));
      },
      stop: () => void viewer?.end(true),
    },
    {
      name: 'machines',
      async start() {
        devices = await connect();
        const machines = [
          createMachine({ device: 'pump-1', temperature: 62, vibration: 2.1, firstFaultMs: 7_000, random: Math.random }),
          createMachine({ device: 'fan-2', temperature: 41, vibration: 1.2, firstFaultMs: 25_000, random: Math.random }),
        ];
        ticking = setInterval(() => {
          for (const machine of machines) {
            const reading = machine.read(clock.now());
            if (reading) devices!.publish(`demo/machines/${machine.device}`, JSON.stringify(reading), { qos: 1 });
          }
        }, READ_EVERY_MS);
      },
      stop() {
        clearInterval(ticking);
        devices?.end(true);
      },
    },
  ];
  const lifecycle = createLifecycle(parts, { clock, log });

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    printer.line('\nStopping …');
    setTimeout(() => process.exit(0), STOP_LIMIT_MS);
    await lifecycle.stop();
    printer.line(`Stopped after ${printer.results} results.`);
    process.exit(0);
  };
  // the reader of our output went away (`make run | head`)
  process.stdout.on('error', () => void stop());
  const onSignal = createSignalHandler(
    clock,
    () => void stop(),
    () => process.exit(130),
  );
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);

  try {
    await lifecycle.start();
  } catch (error) {
    printer.line(`The demo cannot start: ${messageOf(error)}`);
    process.exit(1);
  }
  if (restPort !== REST_PORT) printer.line(`Port ${REST_PORT} is taken; REST uses ${restPort}.`);
  const here = (path: string) => relative(process.cwd(), path) || '.';
  printer.line(
    [
      'Kuiper Gateway is running.',
      `  REST      ${gateway.url}    curl ${gateway.url}/rules`,
      `  broker    ${brokerUrl}${given ? '' : ' (in this process)'}`,
      `  machines  pump-1 and fan-2 send to demo/machines/+ twice a second; dropouts and faults included`,
      `  tank      a controller on Modbus TCP    kuiper modbus read ${modbus!.url} 1 input:0 coil:0`,
      serial ? `  scale     on a pseudo terminal, ${here(serial.port)}` : '  scale     missing: install socat to see a serial instrument',
      ...[...DEMO_RULES, TANK_RULE, ...(serial ? [SCALE_RULE] : [])].map((r) => `  ${r.id.padEnd(12)}  ${r.sql}`),
      `  log       ${here(logFile)}`,
      'Ctrl-C stops. Results:',
      '',
    ].join('\n'),
  );
}

// Owns the network of the device: takes a request of the gateway, applies it on trial, and puts everything back unless it is confirmed in five minutes.
// Started by kuiper-network.path when a request lies there, as root; ends when nothing is on trial. `recover` is called early in each boot by
// provisioning, before the network starts. Next: wanted.ts, device.ts, src/system/network/keeper.ts.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, fstatSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Clock, createRealClock } from '../../src/base/clock.ts';
import { writeDurablyBelow } from '../../src/base/durable-file.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createNetworkKeeper, type NetworkKeeper, TRIAL_MS } from '../../src/system/network/keeper.ts';
import { ANSWER, type NetworkAnswer, type NetworkRequest, type NetworkStatus, REQUEST, STATUS } from '../../src/system/network/request.ts';
import { devicePort, type Run, stateFile } from './device.ts';
import { wantedFiles } from './wanted.ts';

export interface NetworkPlaces {
  /** '' on the device. */
  root: string;
  dataDir: string;
  run: Run;
  clock: Clock;
  told(text: string): void;
  trialMs?: number;
}

const LOOK_MS = 500;
const MAX_BYTES = 256 * 1024;

const keeperOf = ({ root, run, clock, told, trialMs = TRIAL_MS }: NetworkPlaces): NetworkKeeper =>
  createNetworkKeeper(stateFile(join(root, dirname(STATUS), 'state.json'), told), devicePort(root, run), clock, trialMs);

/** A change that was on trial when the device went down is taken back, before anything reads the files. */
export async function recover(places: NetworkPlaces): Promise<boolean> {
  mkdirSync(join(places.root, dirname(STATUS)), { recursive: true });
  // networkd and the firewall start after this
  const keeper = keeperOf({ ...places, run: () => undefined });
  const pending = keeper.state.phase !== 'steady';
  await keeper.start();
  if (pending) {
    places.told('A change of the network that nobody had confirmed was taken back.');
    show(places, keeper, undefined);
  }
  return pending;
}

/** Until nothing is on trial. */
export async function serve(places: NetworkPlaces): Promise<void> {
  const { dataDir, clock, told, trialMs = TRIAL_MS } = places;
  const keeper = keeperOf(places);
  let refused: NetworkStatus['refused'];
  let untilMs: number | undefined;
  await keeper.start();
  for (;;) {
    const answer = take<NetworkAnswer>(join(dataDir, ANSWER), told);
    if (answer) await (answer.verb === 'confirm' ? keeper.confirm(answer.id) : keeper.revert(answer.id));
    const request = take<NetworkRequest>(join(dataDir, REQUEST), told);
    if (request) {
      const { files, what, problems } = await wantedFiles(request.parts);
      untilMs = clock.now() + trialMs;
      const why =
        problems.length > 0 ? problems : [await keeper.change({ id: request.id, by: request.by, what, files })].filter((p) => p !== '');
      refused = why.length > 0 ? { id: request.id, problems: why } : undefined;
      told(refused ? `A change of the network was refused: ${why.join('; ')}` : `Changed on trial by ${request.by}: ${what}`);
    }
    show(places, keeper, refused, untilMs);
    if (keeper.state.phase === 'steady' && !existsSync(join(dataDir, REQUEST))) break;
    await Promise.race([clock.sleep(LOOK_MS), keeper.settled()]);
  }
  const { state } = keeper;
  if (state.phase === 'steady' && state.last) told(`${state.last.what}: ${state.last.result}, ${state.last.reason}.`);
}

/** What everybody may read. */
function show({ root }: NetworkPlaces, { state }: NetworkKeeper, refused: NetworkStatus['refused'], untilMs?: number): void {
  const common = refused ? { refused } : {};
  const status: NetworkStatus =
    state.phase === 'steady'
      ? { phase: 'steady', ...(state.last ? { last: state.last } : {}), ...common }
      : {
          phase: state.phase,
          id: state.id,
          what: state.what,
          ...(state.phase === 'trial' && untilMs !== undefined ? { untilMs } : {}),
          ...common,
        };
  writeDurablyBelow(join(root, STATUS), JSON.stringify(status), 0o644);
}

/** Reads a file of the gateway and removes it. It runs as root and the folder is the gateway's: no links, no large files, nothing but a file. */
function take<T>(file: string, told: (text: string) => void): T | undefined {
  let fd: number;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    told(`${file}: ${messageOf(error)}`);
    rmSync(file, { force: true });
    return undefined;
  }
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile() || facts.size > MAX_BYTES) throw new Error('it is not a small file');
    return JSON.parse(readFileSync(fd, 'utf8')) as T;
  } catch (error) {
    told(`${file}: ${messageOf(error)}`);
    return undefined;
  } finally {
    closeSync(fd);
    rmSync(file, { force: true });
  }
}

export const onDevice = (): NetworkPlaces => ({
  root: '',
  dataDir: '/opt/kuiper/data',
  run: (program, args) => void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 }),
  clock: createRealClock(),
  told: (text) => void process.stdout.write(`${text}\n`),
});

if (import.meta.main) await serve(onDevice());

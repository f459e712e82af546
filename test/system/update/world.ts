// A device that exists in memory only: two slots with versions of some behaviour, a boot partition that tears writes, GRUB's choice, and the updater's own
// engine on it. Power goes away at numbered points: before and after every effect, and within every write of the boot partition.

import { isWholeBlock } from '../../../src/system/boot/env-block.ts';
import type { BootFacts } from '../../../src/system/boot/facts.ts';
import { createBootMedium } from '../../../src/system/boot/medium.ts';
import { otherSlot, parseTally, tallyBlock } from '../../../src/system/boot/record.ts';
import { createEngine, type Engine } from '../../../src/system/update/engine.ts';
import { NOTHING_KNOWN } from '../../../src/system/update/health.ts';
import type { Slot } from '../../../src/system/update/installer.ts';
import type { UpdateState } from '../../../src/system/update/machine.ts';
import { choose } from '../boot/choice.ts';
import { type MemoryBlocks, memoryBlocks, PowerCut } from '../boot/memory-blocks.ts';

/** `dead`: the kernel panics, or init hangs until the watchdog. `mute`: comes up and restarts before READY. `late`: READY, then restarts.
 *  `sick`: runs, and is found worse. `half`: was being written when the power went. */
export type Behaviour = 'good' | 'dead' | 'mute' | 'late' | 'sick' | 'half';

export interface Image {
  version: string;
  behaviour: Behaviour;
}

class Reboot extends Error {}

export interface World {
  readonly slots: Record<Slot, Image>;
  readonly blocks: MemoryBlocks;
  /** Of the boot that came up. */
  readonly booted: Slot;
  readonly state: UpdateState;
  readonly facts: BootFacts;
  /** Starts of slots so far, in order. */
  readonly starts: { slot: Slot; why: string }[];
  /** Points at which the power could have gone. */
  readonly points: number;
  /** Names of files of the boot partition that were repaired. */
  readonly repaired: string[];
  /** Runs until nothing more happens by itself. @throws Error after 80 starts */
  settle(): Promise<void>;
  /** Something that an owner does; the power may go meanwhile, then the device starts again. */
  act(what: (engine: Engine) => Promise<void>): Promise<void>;
  /** The data partition was replaced. */
  loseState(): void;
  install(image: Image, restart?: 'now' | 'asked'): Promise<void>;
}

export function createWorld(options: { cuts?: ReadonlySet<number>; other?: Image; torn?: number } = {}): World {
  const { cuts = new Set<number>(), other, torn = 60 } = options;
  const blocks = memoryBlocks();
  const slots: Record<Slot, Image> = { A: { version: '1.0.0', behaviour: 'good' }, B: other ?? { version: '', behaviour: 'half' } };
  let kept: UpdateState | undefined = other ? { phase: 'idle', confirmed: 'A', goBack: other.version } : undefined;
  createBootMedium(blocks).repair({ good: 'A', otherIsGood: other !== undefined });
  let points = 0;
  const starts: World['starts'] = [];
  const repaired: string[] = [];
  let facts: BootFacts;
  let engine: Engine;
  let up = false;
  let observing = false;
  let planned = false;
  let writing: Image | undefined;

  const point = () => {
    if (cuts.has(points++)) throw new PowerCut();
  };
  /** A write of one block: before, within, after. */
  const cutting = {
    read: blocks.read,
    write(name: string, bytes: Uint8Array) {
      point();
      if (cuts.has(points++)) {
        const old = blocks.files.get(name) ?? Buffer.alloc(0);
        blocks.files.set(name, Buffer.concat([bytes.subarray(0, torn), old.subarray(torn)]));
        throw new PowerCut();
      }
      blocks.files.set(name, Buffer.from(bytes));
      point();
    },
  };

  /** GRUB: chooses, counts. */
  const grub = () => {
    const whole = ['tries1.env', 'tries2.env'].filter((name) => isWholeBlock(blocks.read(name)));
    const choice = choose(blocks, whole.length > 0);
    for (const name of whole) cutting.write(name, tallyBlock(choice.seq, choice.starts));
    return choice;
  };

  const boot = async () => {
    up = false;
    observing = false;
    planned = false;
    point();
    const choice = grub();
    starts.push({ slot: choice.slot, why: choice.why });
    const image = slots[choice.slot];
    point();
    if (image.behaviour === 'dead' || image.behaviour === 'half') throw new Reboot();
    facts = choice;
    engine = createEngine({
      facts,
      version: image.version,
      medium: createBootMedium(cutting),
      now: () => starts.length,
      load: () => kept,
      save(state) {
        point();
        kept = structuredClone(state);
        point();
      },
      async write(slot) {
        if (slot === choice.slot) throw new Error('the slot that runs was written');
        point();
        slots[slot] = { version: '', behaviour: 'half' };
        point();
        slots[slot] = writing!;
        point();
      },
      observe: () => {
        observing = true;
      },
      planRestart: () => {
        planned = true;
      },
      async reboot() {
        point();
        throw new Reboot();
      },
    });
    repaired.push(...(await engine.start()));
    point();
    if (image.behaviour === 'mute') throw new Reboot();
    up = true;
    await goOn();
  };

  /** What happens by itself in a device that is up. */
  const goOn = async () => {
    if (observing) {
      observing = false;
      await engine.dispatch({ type: 'stage', stage: 'ready' });
      const { behaviour } = slots[facts.slot];
      if (behaviour === 'late') throw new Reboot();
      if (behaviour === 'sick')
        await engine.dispatch({
          type: 'leave',
          verdict: { code: 'UPDATE_NOT_HEALTHY', reason: 'rule r does not run' },
          booted: facts.slot,
          atMs: starts.length,
        });
      else await engine.dispatch({ type: 'healthy', text: 'as before', booted: facts.slot, atMs: starts.length });
    }
    if (planned && engine.state.update?.restart === 'now') {
      planned = false;
      await engine.dispatch({ type: 'restart', baseline: NOTHING_KNOWN });
    }
  };

  const surviving = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof PowerCut) && !(error instanceof Reboot)) throw error;
      up = false;
    }
  };

  const world: World = {
    slots,
    blocks,
    starts,
    repaired,
    get booted() {
      return facts.slot;
    },
    get state() {
      return engine.state;
    },
    get facts() {
      return facts;
    },
    get points() {
      return points;
    },
    async settle() {
      const from = starts.length;
      while (!up) {
        if (starts.length - from > 80) throw new Error(`it does not come up: ${JSON.stringify(starts.slice(-12))}`);
        await surviving(boot);
      }
    },
    async act(what) {
      await surviving(async () => {
        await what(engine);
        await goOn();
      });
      await world.settle();
    },
    loseState() {
      kept = undefined;
    },
    install(image, restart = 'now') {
      writing = image;
      return world.act(async ({ dispatch }) => {
        const slot = otherSlot(facts.slot);
        const update = { id: `to ${image.version}`, by: 'test', version: image.version, from: slots[facts.slot].version, slot, restart };
        await dispatch({ type: 'begin', update, record: createBootMedium(blocks).read()!, booted: facts.slot });
        await dispatch({ type: 'written' });
      });
    },
  };
  return world;
}

/** Starts that are counted now, in the copy that has more. */
export const tallyOf = ({ blocks, facts }: Pick<World, 'blocks' | 'facts'>): number =>
  Math.max(...['tries1.env', 'tries2.env'].map((name) => parseTally(blocks.read(name), facts.seq) ?? 0));

// GRUB's choice (image/boards/generic-uefi/choose.cfg) in TypeScript: what the model of updates boots with. choice.test.ts compares it with GRUB.

import { parseBlock } from '../../../src/system/boot/env-block.ts';
import type { BootFacts } from '../../../src/system/boot/facts.ts';
import type { Blocks } from '../../../src/system/boot/medium.ts';
import { GOOD_STARTS, otherSlot, TRIAL_STARTS } from '../../../src/system/boot/record.ts';
import type { Slot } from '../../../src/system/update/installer.ts';

export interface Choice extends BootFacts {
  /** The tally as it is written before the start. */
  tally: string;
}

/** GRUB knows no checksum: it believes what has SEQ in front and the same at the END. */
function grubRecord(bytes: Uint8Array | undefined) {
  const values = parseBlock(bytes);
  const seq = values?.get('SEQ') ?? '';
  const good = values?.get('GOOD');
  if (!/^[1-9][0-9]*$/.test(seq) || values?.get('END') !== seq || (good !== 'A' && good !== 'B')) return undefined;
  return { seq: Number(seq), good: good as Slot, other: values.get('OTHER'), trial: values.get('TRIAL') };
}

export function choose(blocks: Pick<Blocks, 'read'>, countable = true): Choice {
  const one = grubRecord(blocks.read('boot1.env'));
  const two = grubRecord(blocks.read('boot2.env'));
  const record = one && two ? (two.seq > one.seq ? two : one) : (one ?? two);
  const seq = record?.seq ?? 0;
  let starts = 0;
  for (const name of ['tries1.env', 'tries2.env']) {
    const values = parseBlock(blocks.read(name));
    const tally = values?.get('TALLY') ?? '';
    if (values?.get('FOR') === String(seq) && values.get('LAST') === String(seq) && /^x+$/.test(tally))
      starts = Math.max(starts, tally.length);
  }
  let slot: Slot;
  let why: Choice['why'] = 'good';
  if (!record) {
    why = 'none';
    if (starts >= 2 * TRIAL_STARTS) starts = 0;
    slot = starts >= TRIAL_STARTS ? 'B' : 'A';
  } else if (record.trial === otherSlot(record.good)) {
    if (starts < TRIAL_STARTS) why = 'trial';
    else if (starts >= TRIAL_STARTS + GOOD_STARTS) starts = TRIAL_STARTS;
    slot = why === 'trial' ? otherSlot(record.good) : record.good;
  } else {
    slot = record.good;
    if (starts >= GOOD_STARTS) {
      if (record.other === '1' && starts < 2 * GOOD_STARTS) {
        why = 'other';
        slot = otherSlot(record.good);
      } else starts = 0;
    }
  }
  if (!countable) {
    if (why === 'trial') slot = record!.good;
    why = 'uncounted';
  }
  return { slot, why, seq, starts: starts + 1, tally: 'x'.repeat(starts + 1) };
}

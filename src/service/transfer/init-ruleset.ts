// The rule set of a device at its first start: data/init.json, then etc/init.json, in the form of /ruleset/export. Imported once for each
// change of the file: a marker `initialized<mtime in ms>` beside it says what was done, also when parts of it were refused.
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import { parseRuleset, type RulesetTransfer } from './ruleset.ts';

/** Call after stored rules were loaded: what exists is replaced by a higher version only. Never throws: faults are logged. */
export async function importInitRulesets(folders: readonly string[], ruleset: RulesetTransfer, log: Log): Promise<void> {
  for (const folder of folders) {
    const file = join(folder, 'init.json');
    try {
      const mtimeMs = Math.floor(statSync(file).mtimeMs);
      const markers = readdirSync(folder).filter((f) => /^initialized\d*$/.test(f));
      if (markers.includes(`initialized${mtimeMs}`)) continue;
      try {
        const { counts, problems } = await ruleset.import(parseRuleset(readFileSync(file, 'utf8'), 'init.json'));
        log.info({ file, ...counts }, 'The initial rule set was imported.');
        for (const [kind, items] of Object.entries(problems))
          for (const [name, reason] of Object.entries(items))
            log.warn({ code: 'INIT_RULESET', file, kind, name, reason }, 'A part of the initial rule set was refused.');
      } catch (error) {
        log.error({ code: 'INIT_RULESET', file, reason: messageOf(error) }, 'The initial rule set cannot be imported.');
      }
      for (const marker of markers) rmSync(join(folder, marker));
      writeDurably(join(folder, `initialized${mtimeMs}`), '');
    } catch (error) {
      // most gateways have no such file
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
      log.warn(
        { code: 'INIT_RULESET', file, reason: messageOf(error) },
        'The marker of the initial rule set cannot be kept; it will be imported again.',
      );
    }
  }
}

// What a rule asks for and does not get, in sentences: shown as `notes` of its health, each logged once. Some are known with the definition,
// those about properties when the connectors are loaded, at the start of a run. Held by rule.ts; the sentences come from declared.ts.
import type { Log } from '../../base/log.ts';
import type { RuntimeDeps } from '../api.ts';
import { untakenOfSink, untakenOfSource } from '../declared.ts';
import type { RuleDefinition } from '../definition.ts';
import { ignoredOptions } from '../status/ignored-options.ts';

export class RuleNotes {
  private ofConnectors: readonly string[] = [];
  private readonly logged = new Set<string>();

  list(definition: RuleDefinition): string[] {
    return [...new Set([...ignoredOptions(definition), ...(definition.notes ?? []), ...this.ofConnectors])];
  }

  /** Looks at the properties of sources and sinks. @param streams names that the run reads */
  async look(find: RuntimeDeps['connectors'], { actions, sources }: RuleDefinition, streams: Iterable<string>): Promise<void> {
    const found: string[] = [];
    for (const name of streams) {
      const { told, refused } = await untakenOfSource(find, sources(name));
      found.push(...told, ...refused);
    }
    for (const action of actions) {
      const { told, refused } = await untakenOfSink(find, action);
      found.push(...told, ...refused);
    }
    this.ofConnectors = found;
  }

  log(log: Pick<Log, 'warn'>, definition: RuleDefinition): void {
    const fresh = this.list(definition).filter((note) => !this.logged.has(note));
    if (fresh.length === 0) return;
    for (const note of fresh) this.logged.add(note);
    log.warn({ rule: definition.id, notes: fresh }, 'Options of a rule are not taken as written.');
  }
}

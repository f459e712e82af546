// Functions of JavaScript, /udf/javascript: names, texts of eKuiper, and the rules that call them. Called by rest/routes/services.ts.
import type { Script, Scripts } from '../extensions/index.ts';
import { checkName } from './names.ts';
import { rulesTouchedBy } from './plugins/index.ts';
import type { RuleService } from './rules/rule-service.ts';

export interface ScriptService {
  list(): string[];
  get(id: string): Script;
  create(script: Script): Promise<void>;
  put(script: Script): Promise<void>;
  delete(id: string): Promise<void>;
}

export function createScriptService(scripts: Scripts, rules: Pick<RuleService, 'pluginChanged'>): ScriptService {
  /** Rules that run call the new text by themselves, unless it became an aggregate or ceased to be one; those that missed it start. */
  const changed = (id: string, movedByItself: boolean) =>
    rules.pluginChanged((all) => rulesTouchedBy({ kind: 'functions', name: id, what: 'moved', functions: [id] }, all), movedByItself);
  return {
    list: () => scripts.list(),
    get: (id) => scripts.get(checkName(id)),
    async create(script) {
      checkName(script.id);
      await scripts.create(script);
      changed(script.id, true);
    },
    async put(script) {
      checkName(script.id);
      const before = scripts.list().includes(script.id) ? scripts.get(script.id).isAgg : undefined;
      await scripts.put(script);
      changed(script.id, before === undefined || before === script.isAgg);
    },
    delete: (id) => scripts.delete(checkName(id)),
  };
}

// What one mutation is: one change of one line of src that must turn the tests red. scripts/mutate.ts runs the lists of this folder
// (`make mutate`); list.test.ts checks that each still fits its file. How to add one: README.md of this folder.

export interface Mutation {
  /** Short and unique in its list; shown in the report. */
  id: string;
  /** Below the repository. */
  file: string;
  /** Text that stands exactly once in the file. */
  find: string;
  replace: string;
  /** Why no test can tell the difference, in one line. Such a mutation is expected to survive. */
  equivalent?: string;
}

export interface MutationList {
  /** Shown in the report. */
  area: string;
  /** Test files or folders that must see each of the mutations. */
  tests: readonly string[];
  /** Those that take long: run only for what the others did not find. */
  slowTests?: readonly string[];
  mutations: readonly Mutation[];
}

/** @throws Error when `find` does not stand exactly once in the text */
export function applyMutation(m: Mutation, text: string): string {
  const at = text.indexOf(m.find);
  if (at < 0) throw new Error(`mutation ${m.id}: "${m.find}" is not in ${m.file}`);
  if (text.indexOf(m.find, at + 1) >= 0) throw new Error(`mutation ${m.id}: "${m.find}" is in ${m.file} more than once`);
  if (m.find === m.replace) throw new Error(`mutation ${m.id} changes nothing`);
  return text.slice(0, at) + m.replace + text.slice(at + m.find.length);
}

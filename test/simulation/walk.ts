// Which files of src one MQTT message passes, in steady state, from the socket to the socket: counted by V8's precise coverage in a simulated world. Run
// as a process of its own by test/docs/walk.test.ts; prints the files as JSON.
import { Session } from 'node:inspector';
import { replaceGlobals } from './globals.ts';

replaceGlobals();
const { loadModules } = await import('./gateway.ts');
const { walkOneMessage } = await import('./run.ts');
await loadModules();
const session = new Session();
session.connect();
const post = (method: string, params: object = {}) => {
  let result: unknown;
  session.post(method, params, (error, answer) => {
    if (error) throw error;
    result = answer;
  });
  return result;
};
interface Coverage {
  result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
}
post('Profiler.enable');
post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
const calls = (c: Coverage) =>
  c.result
    .filter((f) => f.url.includes('/src/'))
    .map(
      (f) =>
        [
          f.url.slice(f.url.lastIndexOf('/src/') + 1),
          f.functions.filter((g) => g.ranges[0]!.count > 0).map((g) => g.functionName),
        ] as const,
    )
    .filter(([, functions]) => functions.length > 0);
const seen = await walkOneMessage(
  () => void post('Profiler.takePreciseCoverage'),
  () => calls(post('Profiler.takePreciseCoverage') as Coverage),
);
process.stdout.write(`${JSON.stringify(Object.fromEntries(seen), null, 1)}\n`, () => process.exit(0));

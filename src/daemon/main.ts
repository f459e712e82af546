#!/usr/bin/env node
// Entry point of `kuiperd`. Does only what must come first: arguments, and V8's compile cache before any other file is loaded (without
// it hundreds of .ts files cost 26 MB and 160 ms at each start). Next: run.ts.
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '../base/compile-cache.ts';
import { parseDaemonArguments, USAGE } from './arguments.ts';

const parsed = parseDaemonArguments(process.argv.slice(2), process.env);
if ('problem' in parsed) {
  process.stderr.write(`kuiperd: ${parsed.problem}\n\n${USAGE}`);
  process.exit(2);
}
if (parsed.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
// NODE_COMPILE_CACHE (the appliance's unit sets it) has switched the cache on already. Else it lies with the program, so that a fresh root
// starts warm too; a program folder that is read-only falls back to the root. From here main.ts itself is not in the cache, which costs the
// stripping of its types (16 MB): whoever starts the daemon often sets the variable, as `npm run kuiperd` and the unit do.
if (!process.env['NODE_COMPILE_CACHE']) enableCompileCache(compileCacheFolder(parsed.root));

const { runDaemon } = await import('./run.ts');
await runDaemon(parsed, process.env);

// `make run`: the gateway on a scratch root (.run/), a broker in this process, simulated machines, three rules, results on the terminal.
// BROKER=mqtt://host uses a real broker. Parts: demo/broker.ts, demo/devices.ts, demo/rules.ts, demo/printer.ts.
import { enableCompileCache } from 'node:module';
import { resolve } from 'node:path';
import { compileCacheFolder } from '../base/compile-cache.ts';

// installed by npm, the program's own folder is not a place for data
const ROOT = import.meta.dirname.includes('/node_modules/') ? resolve('.run') : resolve(import.meta.dirname, '../../.run');
if (!process.env['NODE_COMPILE_CACHE']) enableCompileCache(compileCacheFolder(ROOT));
const { runDemo } = await import('./demo/run.ts');
await runDemo(ROOT, process.env);

#!/usr/bin/env node
// Entry point of `kuiper`. Next: cli.ts.
import { enableCompileCache } from 'node:module';

if (!process.env['NODE_COMPILE_CACHE']) enableCompileCache();
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2), process.env, (text) => void process.stdout.write(`${text}\n`));

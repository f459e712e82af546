#!/usr/bin/env node
// Entry point of `kuiper`. Next: cli.ts.
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '../base/compile-cache.ts';

if (!process.env['NODE_COMPILE_CACHE']) enableCompileCache(compileCacheFolder(undefined));
// `kuiper show rules | head`: the reader has seen enough
process.stdout.on('error', () => process.exit(0));
const { runCli } = await import('./cli.ts');
process.exitCode = await runCli(process.argv.slice(2), process.env, (text) => void process.stdout.write(`${text}\n`));

#!/usr/bin/env node
// Entry point of `kuiper`. Next: cli.ts.
import { enableCompileCache } from 'node:module';
import { compileCacheFolder } from '../base/compile-cache.ts';

if (!process.env['NODE_COMPILE_CACHE']) enableCompileCache(compileCacheFolder(undefined));
// `kuiper show rules | head`: the reader has seen enough
process.stdout.on('error', () => process.exit(0));
const { runCli } = await import('./cli.ts');
const terminal = process.stdout.isTTY === true;
const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
process.exitCode = await runCli(process.argv.slice(2), process.env, {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
  terminal,
  errorTerminal: process.stderr.isTTY === true,
  // https://no-color.org: set and not empty
  color: !NO_COLOR && (FORCE_COLOR ? FORCE_COLOR !== '0' : terminal && TERM !== 'dumb'),
  get columns() {
    return process.stdout.columns ?? 100;
  },
});

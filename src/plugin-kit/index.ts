// `@kuiper-gateway/plugin`: what a plugin imports. Types are erased; the define… helpers run.
export * from './runtime.ts';
export type * from './types.ts';

// What authors of connectors, formats and functions of the gateway see. Plugins see src/plugin-kit.
export type { Clock } from '../base/clock.ts';
export type { Log } from '../base/log.ts';
export type { Meta } from '../data/tuple.ts';
export type { Row, Value } from '../data/value.ts';
export * from './codec.ts';
export * from './connector.ts';
export * from './context.ts';
export * from './function.ts';
export * from './history.ts';
export * from './props.ts';
export * from './schema.ts';
export * from './sink.ts';
export * from './source.ts';
export * from './told.ts';
export * from './untaken.ts';

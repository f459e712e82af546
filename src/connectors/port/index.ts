// Serial ports for connectors (serial, Modbus): which one is meant, who holds it, open and keep open.
export { isHeldByUs } from './holder.ts';
export * from './kept-port.ts';
export * from './line.ts';
export * from './list.ts';
export * from './locks.ts';
export { isNetworkPort } from './network.ts';
export * from './open.ts';
export * from './select.ts';

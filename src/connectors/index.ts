// The connectors, by the name that TYPE= and actions take. A new one is a folder and a line here; code is loaded on first use.
import type { ConnectorEntry } from '../contract/connector.ts';

export const connectors: readonly ConnectorEntry[] = [
  { name: 'mqtt', offers: ['source', 'sink'], load: async () => (await import('./mqtt/index.ts')).default },
  { name: 'sparkplug', offers: ['source', 'sink'], load: async () => (await import('./sparkplug/index.ts')).default },
  { name: 'serial', offers: ['source', 'sink'], load: async () => (await import('./serial/index.ts')).default },
  { name: 'memory', offers: ['source', 'sink', 'lookup'], load: async () => (await import('./memory/index.ts')).default },
  { name: 'simulator', offers: ['source', 'lookup'], load: async () => (await import('./simulator/index.ts')).default },
  { name: 'file', offers: ['source', 'sink'], load: async () => (await import('./file/index.ts')).default },
  { name: 'rest', offers: ['sink'], load: async () => (await import('./rest/index.ts')).default },
  { name: 'httppull', offers: ['source', 'lookup'], load: async () => (await import('./httppull/index.ts')).default },
  { name: 'httppush', offers: ['source'], load: async () => (await import('./httppush/index.ts')).default },
  { name: 'websocket', offers: ['source', 'sink'], load: async () => (await import('./websocket/index.ts')).default },
  { name: 'sse', offers: ['sink'], load: async () => (await import('./sse/index.ts')).default },
  { name: 'sql', offers: ['source', 'sink', 'lookup'], load: async () => (await import('./sql/index.ts')).default },
  { name: 'history', offers: ['sink', 'lookup'], load: async () => (await import('./history/index.ts')).default },
  { name: 'influx', offers: ['sink'], load: async () => (await import('./influx/index.ts')).influx },
  { name: 'influx2', offers: ['sink'], load: async () => (await import('./influx/index.ts')).influx2 },
  { name: 'redis', offers: ['sink', 'lookup'], load: async () => (await import('./redis/index.ts')).redis },
  { name: 'redisPub', offers: ['sink'], load: async () => (await import('./redis/index.ts')).redisPub },
  { name: 'redisSub', offers: ['source'], load: async () => (await import('./redis/index.ts')).redisSub },
  { name: 'kafka', offers: ['source', 'sink'], load: async () => (await import('./kafka/index.ts')).default },
  { name: 'nats', offers: ['source', 'sink'], load: async () => (await import('./nats/index.ts')).default },
  { name: 'random', offers: ['source'], load: async () => (await import('./random/index.ts')).default },
  { name: 'modbus', offers: ['source', 'sink', 'lookup'], load: async () => (await import('./modbus/index.ts')).default },
  { name: 'log', offers: ['sink'], load: async () => (await import('./log/index.ts')).default },
  { name: 'nop', offers: ['sink'], load: async () => (await import('./nop/index.ts')).default },
];

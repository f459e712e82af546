// Use cases without HTTP. `createService` ties them together; REST and the daemon use nothing else of this folder.
export { type ConfKeyStore, openConfKeys } from './conf-keys.ts';
export { type ConnectionInfo, type ConnectionStore, openConnections } from './connections.ts';
export { checkName, isName } from './names.ts';
export type { BulkResult, RuleListItem, RuleService } from './rules/rule-service.ts';
export { createServerControl, type ServerControl, type ServerInfo } from './server-control.ts';
export { createService, type Service, type ServiceDeps } from './service.ts';
export type { StreamService } from './streams/stream-service.ts';

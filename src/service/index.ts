// Use cases without HTTP. `createService` ties them together; REST and the daemon use nothing else of this folder.
export type { LetterBox } from '../runtime/index.ts';
export type { AsyncTasks } from './async-tasks.ts';
export { type ConfKeyStore, openConfKeys } from './conf-keys.ts';
export { type ConnectionInfo, type ConnectionStore, openConnections } from './connections.ts';
export { createDownloader, type Downloader } from './download.ts';
export { parseKeepingIntegers } from './json-text.ts';
export { checkName, isName } from './names.ts';
export { type PluginAdmin, type PluginPackage, type PluginRequest, readPackage } from './plugins/index.ts';
export type { BulkResult, RuleListItem, RuleService } from './rules/rule-service.ts';
export type { SchemaRegistry } from './schemas.ts';
export { createServerControl, type ServerControl, type ServerInfo } from './server-control.ts';
export { createService, type Service, type ServiceDeps, type ServiceSettings } from './service.ts';
export type { StreamService } from './streams/stream-service.ts';
export { type DataTransfer, hasProblems } from './transfer/data-transfer.ts';
export { parseRuleset, type Ruleset, type RulesetTransfer } from './transfer/ruleset.ts';
export { trialConnector } from './trial/connector.ts';
export { createTrialHub, type TrialHub } from './trial/hub.ts';
export type { TrialService } from './trial/trial-service.ts';

// All commands, in the order of the help text. A new one is a file here and two lines below.
import type { Command } from '../command.ts';
import { apply } from './apply.ts';
import { audit } from './audit.ts';
import { backup, cloneBackup, restore } from './backup.ts';
import { completionCommands } from './completion.ts';
import { contextAdd, contextList, contextRemove, contextUse } from './context.ts';
import { createPlugin } from './create-plugin.ts';
import { createRevocation } from './create-revocation.ts';
import { createRule } from './create-rule.ts';
import { createSchema } from './create-schema.ts';
import { createScript } from './create-script.ts';
import { createService } from './create-service.ts';
import { createStream } from './create-stream.ts';
import { createTable } from './create-table.ts';
import { describeDeadletter } from './describe-deadletter.ts';
import { describePlugin } from './describe-plugin.ts';
import { describeRule } from './describe-rule.ts';
import { describeSchema } from './describe-schema.ts';
import { describeScript } from './describe-script.ts';
import { describeService } from './describe-service.ts';
import { describeServiceFunc } from './describe-service-func.ts';
import { describeStream } from './describe-stream.ts';
import { describeTable } from './describe-table.ts';
import { describeUdf } from './describe-udf.ts';
import { deviceList } from './device-list.ts';
import { deviceShow } from './device-show.ts';
import { diag } from './diag.ts';
import { dropDeadletter } from './drop-deadletter.ts';
import { dropPlugin } from './drop-plugin.ts';
import { dropRevocation } from './drop-revocation.ts';
import { dropRule } from './drop-rule.ts';
import { dropSchema } from './drop-schema.ts';
import { dropScript } from './drop-script.ts';
import { dropService } from './drop-service.ts';
import { dropStream } from './drop-stream.ts';
import { dropTable } from './drop-table.ts';
import { editRule } from './edit-rule.ts';
import { eventsCommand } from './events.ts';
import { explainRule } from './explain-rule.ts';
import { exportData } from './export-data.ts';
import { exportEkuiper } from './export-ekuiper.ts';
import { exportRuleset } from './export-ruleset.ts';
import { fleetIndex, fleetPoll, fleetStatus } from './fleet.ts';
import { gethealthRule } from './gethealth-rule.ts';
import { getstatusImport } from './getstatus-import.ts';
import { getstatusRule } from './getstatus-rule.ts';
import { gettopoRule } from './gettopo-rule.ts';
import { importData } from './import-data.ts';
import { importEkuiper } from './import-ekuiper.ts';
import { importRuleset } from './import-ruleset.ts';
import { logs } from './logs.ts';
import { lsp } from './lsp.ts';
import { mcp } from './mcp.ts';
import { modbusImport } from './modbus-import.ts';
import { modbusProfiles } from './modbus-profiles.ts';
import { modbusRead } from './modbus-read.ts';
import { modbusScan } from './modbus-scan.ts';
import { modbusSimulate } from './modbus-simulate.ts';
import { modbusWrite } from './modbus-write.ts';
import { createMqttUser, dropMqttUser, showMqttUsers } from './mqtt-users.ts';
import { networkConfirm, networkRevert, networkSet, networkShow } from './network.ts';
import { parkedDrop, parkedList, parkedRetry, parkedShow } from './parked.ts';
import { plot } from './plot.ts';
import { pluginCheck } from './plugin-check.ts';
import { pluginDescribe } from './plugin-describe.ts';
import { pluginDev } from './plugin-dev.ts';
import { pluginInstall } from './plugin-install.ts';
import { pluginLogs } from './plugin-logs.ts';
import { pluginNew } from './plugin-new.ts';
import { pluginPack } from './plugin-pack.ts';
import { pluginPort } from './plugin-port.ts';
import { pluginRelease } from './plugin-release.ts';
import { pluginSign } from './plugin-sign.ts';
import { pluginTest } from './plugin-test.ts';
import { pluginTrust } from './plugin-trust.ts';
import { query } from './query.ts';
import { registerPlugin } from './register-plugin.ts';
import { restartRule } from './restart-rule.ts';
import { secretList, secretRekey, secretRm, secretSet } from './secret.ts';
import { showDeadletters } from './show-deadletters.ts';
import { showHistory } from './show-history.ts';
import { showPlugins } from './show-plugins.ts';
import { showRevocations } from './show-revocations.ts';
import { showRules } from './show-rules.ts';
import { showSchemas } from './show-schemas.ts';
import { showScripts } from './show-scripts.ts';
import { showServiceFuncs } from './show-service-funcs.ts';
import { showServices } from './show-services.ts';
import { showStreams } from './show-streams.ts';
import { showTables } from './show-tables.ts';
import { showUdfs } from './show-udfs.ts';
import { sqlDiff } from './sql-diff.ts';
import { sqlExplain } from './sql-explain.ts';
import { sqlFmt } from './sql-fmt.ts';
import { sqlLint } from './sql-lint.ts';
import { startRule } from './start-rule.ts';
import { stopRule } from './stop-rule.ts';
import { systemAccess } from './system-access.ts';
import { systemConfig } from './system-config.ts';
import { systemLogs } from './system-logs.ts';
import { systemPoweroff, systemReboot, systemReset } from './system-power.ts';
import { systemRest } from './system-rest.ts';
import { systemStatus } from './system-status.ts';
import { systemSupportBundle } from './system-support-bundle.ts';
import { systemUpdate } from './system-update.ts';
import { tail } from './tail.ts';
import { tap } from './tap.ts';
import { top } from './top.ts';
import { translate } from './translate.ts';
import { validateRule } from './validate-rule.ts';
import { version } from './version.ts';

export const commands: readonly Command[] = [
  createStream,
  dropStream,
  showStreams,
  describeStream,
  createTable,
  dropTable,
  showTables,
  describeTable,
  createRule,
  validateRule,
  describeRule,
  dropRule,
  showRules,
  getstatusRule,
  gethealthRule,
  diag,
  gettopoRule,
  explainRule,
  translate,
  startRule,
  stopRule,
  restartRule,
  sqlLint,
  sqlFmt,
  sqlExplain,
  sqlDiff,
  lsp,
  mcp,
  parkedList,
  parkedShow,
  parkedRetry,
  parkedDrop,
  showDeadletters,
  describeDeadletter,
  dropDeadletter,
  createRevocation,
  showRevocations,
  dropRevocation,
  createMqttUser,
  showMqttUsers,
  dropMqttUser,
  systemStatus,
  systemConfig,
  systemAccess,
  systemRest,
  systemLogs,
  systemSupportBundle,
  systemUpdate,
  networkShow,
  networkSet,
  networkConfirm,
  networkRevert,
  systemReboot,
  systemPoweroff,
  systemReset,
  createPlugin,
  describePlugin,
  dropPlugin,
  showPlugins,
  registerPlugin,
  pluginNew,
  pluginCheck,
  pluginTest,
  pluginDev,
  pluginPack,
  pluginSign,
  pluginInstall,
  pluginDescribe,
  pluginLogs,
  pluginRelease,
  pluginPort,
  pluginTrust,
  showUdfs,
  describeUdf,
  createService,
  describeService,
  dropService,
  showServices,
  describeServiceFunc,
  showServiceFuncs,
  createSchema,
  describeSchema,
  dropSchema,
  showSchemas,
  createScript,
  describeScript,
  dropScript,
  showScripts,
  importRuleset,
  exportRuleset,
  importData,
  importEkuiper,
  exportEkuiper,
  exportData,
  getstatusImport,
  apply,
  audit,
  fleetStatus,
  fleetPoll,
  fleetIndex,
  backup,
  restore,
  cloneBackup,
  secretSet,
  secretList,
  secretRm,
  secretRekey,
  modbusScan,
  modbusSimulate,
  modbusRead,
  modbusWrite,
  modbusProfiles,
  modbusImport,
  deviceList,
  deviceShow,
  showHistory,
  query,
  top,
  tail,
  tap,
  logs,
  plot,
  eventsCommand,
  editRule,
  contextList,
  contextAdd,
  contextUse,
  contextRemove,
  version,
  ...completionCommands,
];

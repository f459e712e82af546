// Configuration: folders, kuiper.yaml, component files, environment. Start at load-settings.ts.
export { type ComponentFiles, type ComponentKind, type ConfKeys, createComponentFiles } from './component-files.ts';
export { type DeviceKey, readDeviceKey, writeDeviceKey } from './device-key.ts';
export type { Environment } from './environment.ts';
export { createFolders, type Folders, foldersOf, SHIPPED_ETC } from './folders.ts';
export { type PutBack, restoreLastGood, type Sealer, saveLastGood } from './last-good.ts';
export { type LoadedSettings, loadSettings, type UnknownKey } from './load-settings.ts';
export { type MaintenanceWindow, parseWindow, untilOpenMs } from './maintenance-window.ts';
export { mergeLayers } from './merge.ts';
export { OWNER_FILE } from './owner-file.ts';
export { checkOwnerSettings, type SettingProblem } from './owner-settings.ts';
export { secretsInFiles } from './secrets-in-files.ts';
export { passedSections, settingSpecs } from './setting-specs.ts';
export type { FleetSettings, Settings, TlsFiles } from './settings.ts';
export { type WrittenDefaults, writeDefaults } from './write-defaults.ts';

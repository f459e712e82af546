// What other folders use of the plugin registry.

export { type ArchiveEntry, readArchive } from './files/archive.ts';
export { checkPluginFile, misspelt, type PluginFileFacts } from './files/check-plugin-file.ts';
export type { PluginDoor } from './files/door.ts';
export { GO_PLUGIN, type PluginKind, parsePluginFileName, pluginKinds, pluginNameOf, shownVersion, symbolOf } from './files/plugin-file.ts';
export type { FoundZip } from './files/scan.ts';
export { writeArchive } from './files/write-archive.ts';
export type { LaunchThread } from './remote/thread.ts';
export type { HeldBack } from './versions/held-back.ts';
export type { PluginLogLine } from './versions/plugin-logs.ts';
export { createPluginRegistry } from './versions/plugin-registry.ts';
export type { PluginChange, PluginHostSettings, PluginRegistry } from './versions/registry-api.ts';
export { type PluginMode, pluginModes } from './versions/trust.ts';

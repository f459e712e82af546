// Use cases of plugins without HTTP.

export { heldBackCauses } from './held-back-causes.ts';
export { createPluginAdmin, type PluginAdmin, type PluginRequest } from './plugin-admin.ts';
export { createPortableAdmin, type PortableAdmin } from './portables.ts';
export { type PluginPackage, readPackage } from './read-package.ts';
export { type RuleText, rulesTouchedBy } from './rules-touched-by.ts';

// The name of the file that owner-settings.ts describes; apart from it, since load-settings.ts needs no more.

/** Below `etc`. */
export const OWNER_FILE = 'owner.json';

// Under which key the changes on watch are kept: looked at when the gateway starts, before guard.ts is loaded.
export const WATCHED = 'watched';

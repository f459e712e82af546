// The name by which a stream asks for a map that the device tells itself. Apart, so that the table of models is loaded on use.
export const SUNSPEC = 'sunspec';

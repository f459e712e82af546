// What is used of WebAssembly, which Node has and the types of its library leave to those of browsers.
interface Wasm {
  Memory: new (limits: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  RuntimeError: new () => Error;
}

export const wasm = (globalThis as unknown as { WebAssembly: Wasm }).WebAssembly;

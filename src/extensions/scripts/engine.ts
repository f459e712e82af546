// The engine that runs functions of JavaScript: QuickJS in WebAssembly, without any access to the host. One engine serves the gateway; every place
// of a call has a runtime of its own in it (instance.ts). Its memory is one block with an end: QuickJS's own memory limit counts allocations, not
// their size, so that a script could take gigabytes. Loaded when the first script is there. Made by script-files.ts.
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSSyncVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core';
import { wasm } from './wasm.ts';

/** Pages of 64 KB: 64 MB for all scripts. Small ones need some 100 KB each. */
const MAX_PAGES = 1024;
const FIRST_PAGES = 256;

export interface ScriptEngine {
  /** Undefined while a new engine is being made, since the one before broke. */
  readonly module: QuickJSWASMModule | undefined;
  /** Counts the engines: an instance of an older one is gone. */
  readonly generation: number;
  /** Bytes that the block has now. */
  readonly bytes: number;
  /** The engine itself failed: nothing in it can be trusted any more. */
  broke(error: unknown): void;
}

/** @param onBroken told before a new engine is made */
export async function createScriptEngine(onBroken: (error: unknown) => void): Promise<ScriptEngine> {
  // its types speak of the CommonJS build
  const variant = (await import('@jitl/quickjs-wasmfile-release-sync')).default as unknown as QuickJSSyncVariant;
  const make = async () => {
    const memory = new wasm.Memory({ initial: FIRST_PAGES, maximum: MAX_PAGES });
    const module = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory: memory as never }));
    return { module, memory };
  };
  let now: Awaited<ReturnType<typeof make>> | undefined = await make();
  let generation = 1;
  return {
    get module() {
      return now?.module;
    },
    get generation() {
      return generation;
    },
    get bytes() {
      return now?.memory.buffer.byteLength ?? 0;
    },
    broke(error) {
      if (!now) return;
      now = undefined;
      generation++;
      onBroken(error);
      make().then(
        (made) => {
          now = made;
        },
        (again: unknown) => onBroken(again),
      );
    },
  };
}

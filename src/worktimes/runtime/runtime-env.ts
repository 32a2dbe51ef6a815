/**
 * What the runtime of a worktime may use of the thread that it starts in. Each kind of sandbox provides it.
 * @module
 */
import type { CompileEnv } from './compile.js';

/** Ends the sandbox at once and sends nothing more: its messages can no longer be trusted. */
export type Fail = (error: unknown) => void;

/** The files of one worktime (`WorktimeAssets`), by name. */
export interface RuntimeFiles {
  has(name: string): boolean;
  /** @throws ASSIGN_FAILED where the file is missing */
  read(name: string): Promise<Uint8Array>;
  /**
   * Imports the file as an ES module. `onlyFunction`: where the module is one function, which its last line exports as its
   * default under this name; browsers then parse a large function once, in place of twice. Rejects as `read`.
   */
  importModule(name: string, onlyFunction?: string): Promise<Record<string, unknown>>;
  /** The WebAssembly module, if it was compiled outside of this sandbox; the same promise at each call. */
  compiled(name: string): Promise<WebAssembly.Module> | undefined;
}

export interface RuntimeEnv {
  /** The global object, as job code will find it. */
  readonly scope: object;
  readonly compile: CompileEnv;
  readonly files: RuntimeFiles;
  /** Called when the runtime broke after its start. */
  readonly fail: Fail;
  /** Reads the snapshot to start from; absent where there is none. */
  readonly readSnapshot?: (() => Promise<Uint8Array>) | undefined;
  /** The engine, where the thread can change its flags. */
  readonly v8?: V8Engine;
}

export interface V8Engine {
  readonly majorVersion: number;
  /** Sets command line flags for the whole process. */
  setFlags(flags: string): void;
}

/**
 * What one instance of a module finds as its imports: WASI preview 1 over streams and folders in memory, and a few
 * functions of manyhands. A pointer that leads nowhere is the module's error, never the host's.
 * @module
 */
import { WASI, WASIProcExit, wasi as defs, type Fd } from '@bjorn3/browser_wasi_shim';
import type { SliceVoice } from '../runtime.js';
import { WASI_MODULE, OWN_MODULE } from './host-names.js';
import { pollOneoff } from './poll.js';

export interface HostOptions {
  /** With the command's own name first. */
  readonly args: readonly string[];
  /** As NAME=value. */
  readonly env: readonly string[];
  /** Standard input, output and error, then what is open besides. */
  readonly fds: readonly Fd[];
  readonly voice: SliceVoice;
}

/** What a command gives back that ends itself. */
export { WASIProcExit };

type HostFunction = (...args: never[]) => unknown;

/** The exported memory; a module that calls the host has one, or fails. */
const memoryOf = (instance: WebAssembly.Instance): WebAssembly.Memory => {
  const { memory } = instance.exports;
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new Error('The module calls the host and exports no memory for it: export it as `memory`');
};

/** Makes an instance. Throws what the module's start function throws. */
export function instantiate(module: WebAssembly.Module, options: HostOptions): WebAssembly.Instance {
  const wasi = new WASI([...options.args], [...options.env], [...options.fds], { debug: false });
  const memory = (): WebAssembly.Memory => memoryOf(held.instance);
  const imports: WebAssembly.Imports = {
    [WASI_MODULE]: wasiImports(wasi, memory),
    [OWN_MODULE]: ownImports(options.voice, memory),
    env: { abort: (...at: number[]) => abort(memory(), at) },
  };
  const held = { instance: undefined as unknown as WebAssembly.Instance };
  // A start function may call the host before there is an instance; it has no memory to speak of yet.
  Object.defineProperty(wasi, 'inst', { get: () => ({ exports: { memory: memory() } }) });
  held.instance = new WebAssembly.Instance(module, imports);
  return held.instance;
}

function wasiImports(wasi: WASI, memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
  const made: Record<string, HostFunction> = { ...wasi.wasiImport };
  // The library counts characters where it writes bytes.
  made['args_sizes_get'] = (count: number, size: number) => {
    const view = new DataView(memory().buffer);
    const encoder = new TextEncoder();
    view.setUint32(count, wasi.args.length, true);
    view.setUint32(
      size,
      wasi.args.reduce((sum, arg) => sum + encoder.encode(arg).length + 1, 0),
      true,
    );
    return defs.ERRNO_SUCCESS;
  };
  // The library takes one subscription, and does not say how many events there are.
  made['poll_oneoff'] = (...at: [number, number, number, number]) => pollOneoff(memory().buffer, ...at);
  made['sched_yield'] = () => defs.ERRNO_SUCCESS;
  return Object.fromEntries(Object.entries(made).map(([name, fn]) => [name, guarded(fn)]));
}

/** A host function whose failure is a number for the module, or the end of its slice. */
function guarded(fn: HostFunction): (...args: never[]) => unknown {
  return (...args) => {
    try {
      return fn(...args);
    } catch (error) {
      // A pointer outside of the memory.
      if (error instanceof RangeError) return defs.ERRNO_FAULT;
      // A number that the library does not reckon with.
      if (error instanceof TypeError) return defs.ERRNO_INVAL;
      // The library's way to say that it cannot do something.
      if (typeof error === 'string') return defs.ERRNO_NOTSUP;
      throw error;
    }
  };
}

function ownImports(voice: SliceVoice, memory: () => WebAssembly.Memory): WebAssembly.ModuleImports {
  const text = (pointer: number, length: number): string => readText(memory(), pointer, length);
  return {
    progress: (value: number) => void voice.progress(value >= 0 ? value : undefined),
    log: (pointer: number, length: number) => voice.console('log', text(pointer, length)),
    fail: (pointer: number, length: number) => {
      throw new Error(text(pointer, length));
    },
  };
}

function readText(memory: WebAssembly.Memory, pointer: number, length: number): string {
  const [start, size] = [pointer >>> 0, length >>> 0];
  if (start + size > memory.buffer.byteLength) {
    throw new RangeError(`A text of ${size} bytes at ${start} is outside of the module's memory`);
  }
  return new TextDecoder().decode(new Uint8Array(memory.buffer, start, size).slice());
}

/** AssemblyScript: a message and a file as UTF-16, with their bytes before them, a line and a column. */
function abort(memory: WebAssembly.Memory, [message = 0, file = 0, line = 0, column = 0]: number[]): never {
  const utf16 = (pointer: number): string => {
    const at = pointer >>> 0;
    if (at < 4 || at > memory.buffer.byteLength) return '';
    const bytes = new DataView(memory.buffer).getUint32(at - 4, true);
    if (at + bytes > memory.buffer.byteLength) return '';
    return new TextDecoder('utf-16le').decode(new Uint8Array(memory.buffer, at, bytes).slice());
  };
  const where = file === 0 ? '' : ` at ${utf16(file)}:${line}:${column}`;
  throw new Error(`${utf16(message) || 'abort was called'}${where}`);
}

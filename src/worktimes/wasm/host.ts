/**
 * The imports of one instance of a module: WASI preview 1 over streams and files in memory, and a few functions of
 * manyhands.
 * @module
 */
import type { SliceOutput } from '../runtime/runtime.js';
import { MANYHANDS_MODULE, WASI_MODULE } from './host-names.js';
import { HostFailure, wasiCalls } from './wasi/calls.js';
import type { Descriptor } from './wasi/descriptors.js';
import { GuestMemory } from './wasi/guest-memory.js';
import type { DirectoryNode } from './wasi/inodes.js';
import { WasiProcess } from './wasi/process.js';

/** The output of a module that it can reach by its imports. */
type WasmOutput = Pick<SliceOutput, 'console' | 'progress'>;

export interface HostOptions {
  /** `argv`: the first one is the command's name. */
  readonly args: readonly string[];
  /** Environment variables as NAME=value. */
  readonly env: readonly string[];
  /** Standard input, output and error, then preopened directories. */
  readonly descriptors: readonly Descriptor[];
  readonly root: DirectoryNode;
  readonly output: WasmOutput;
}

export interface HostedInstance {
  readonly exports: WebAssembly.Exports;
  /** Check it after each call of an export: it throws an error of the host that the module caught. */
  readonly failure: HostFailure;
}

/** The most random bytes that one call of `getRandomValues` returns. */
const RANDOM_BYTES_MAX = 65_536;

/** The exported memory. Throws where the module exports none. */
const memoryOf = (instance: WebAssembly.Instance | undefined): WebAssembly.Memory => {
  // A start function may call the host before the instance, and so its memory, is available.
  const memory = instance?.exports['memory'];
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new Error('The module calls the host and exports no memory for it: export it as `memory`');
};

/** Instantiates a module. Throws what its start function throws. */
export function instantiate(module: WebAssembly.Module, options: HostOptions): HostedInstance {
  const process = new WasiProcess({ ...options, fillRandom });
  const memory = new GuestMemory(() => memoryOf(holder.instance));
  const failure = new HostFailure();
  const holder: { instance: WebAssembly.Instance | undefined } = { instance: undefined };
  holder.instance = new WebAssembly.Instance(module, {
    [WASI_MODULE]: wasiCalls(process, memory, failure),
    [MANYHANDS_MODULE]: manyhandsImports(options.output, memory, failure),
    env: {
      abort: (...args: number[]) => failure.run(() => abort(memory, args)),
      seed: () => failure.run(randomSeed),
      'console.log': (pointer: number) =>
        failure.run(() => options.output.console('log', utf16Text(memory, pointer))),
    },
  });
  failure.check();
  return { exports: holder.instance.exports, failure };
}

function fillRandom(target: Uint8Array): void {
  for (let i = 0; i < target.length; i += RANDOM_BYTES_MAX) {
    crypto.getRandomValues(target.subarray(i, i + RANDOM_BYTES_MAX) as Uint8Array<ArrayBuffer>);
  }
}

function manyhandsImports(
  output: WasmOutput,
  memory: GuestMemory,
  failure: HostFailure,
): WebAssembly.ModuleImports {
  const text = (pointer: number, length: number): string =>
    new TextDecoder().decode(copyOf(memory.bytes(pointer, length)));
  return {
    progress: (value: number) => failure.run(() => void output.progress(value >= 0 ? value : undefined)),
    log: (pointer: number, length: number) => failure.run(() => output.console('log', text(pointer, length))),
    fail: (pointer: number, length: number) =>
      failure.run(() => {
        throw new Error(text(pointer, length));
      }),
  };
}

/** A copy with its own buffer. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** `abort` of AssemblyScript: pointers to a message and a file name, a line and a column. */
function abort(memory: GuestMemory, [message = 0, file = 0, line = 0, column = 0]: number[]): never {
  const where = file === 0 ? '' : ` at ${utf16Text(memory, file)}:${line}:${column}`;
  throw new Error(`${utf16Text(memory, message) || 'abort was called'}${where}`);
}

/** A string of AssemblyScript: UTF-16, with its length in bytes in the four bytes before it; empty for null. */
function utf16Text(memory: GuestMemory, pointer: number): string {
  const at = pointer >>> 0;
  if (at < 4) return '';
  return new TextDecoder('utf-16le').decode(copyOf(memory.bytes(at, memory.getU32(at - 4))));
}

/** A seed for AssemblyScript's random numbers, an f64. */
function randomSeed(): number {
  const seed = new DataView(new ArrayBuffer(8));
  fillRandom(new Uint8Array(seed.buffer));
  // An integer of 52 bits, never NaN.
  return Number(seed.getBigUint64(0) >> 12n);
}

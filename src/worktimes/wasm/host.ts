/**
 * What one instance of a module finds as its imports: WASI preview 1 over streams and files in memory, and a few
 * functions of manyhands.
 * @module
 */
import type { SliceVoice } from '../runtime/runtime.js';
import { OWN_MODULE, WASI_MODULE } from './host-names.js';
import { HostFailure, wasiCalls } from './wasi/calls.js';
import type { Descriptor } from './wasi/descriptors.js';
import { GuestMemory } from './wasi/guest-memory.js';
import type { DirectoryNode } from './wasi/inodes.js';
import { WasiProcess } from './wasi/process.js';

export interface HostOptions {
  /** With the command's own name first. */
  readonly args: readonly string[];
  /** As NAME=value. */
  readonly env: readonly string[];
  /** Standard input, output and error, then what is open besides. */
  readonly descriptors: readonly Descriptor[];
  readonly root: DirectoryNode;
  readonly voice: SliceVoice;
}

export interface HostedInstance {
  readonly exports: WebAssembly.Exports;
  /** To be asked after each call of an export: throws what the host threw, where the module caught it. */
  readonly failure: HostFailure;
}

/** Random numbers in one call of the platform's source, bytes. */
const RANDOM_BYTES_MAX = 65_536;

/** The exported memory; a module that calls the host has one, or fails. */
const memoryOf = (instance: WebAssembly.Instance | undefined): WebAssembly.Memory => {
  // A start function may call the host before there is an instance; it has no memory to speak of yet.
  const memory = instance?.exports['memory'];
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new Error('The module calls the host and exports no memory for it: export it as `memory`');
};

/** Makes an instance. Throws what the module's start function throws. */
export function instantiate(module: WebAssembly.Module, options: HostOptions): HostedInstance {
  const process = new WasiProcess({ ...options, fillRandom });
  const memory = new GuestMemory(() => memoryOf(held.instance));
  const failure = new HostFailure();
  const held: { instance: WebAssembly.Instance | undefined } = { instance: undefined };
  held.instance = new WebAssembly.Instance(module, {
    [WASI_MODULE]: wasiCalls(process, memory, failure),
    [OWN_MODULE]: ownImports(options.voice, memory, failure),
    env: {
      abort: (...at: number[]) => failure.run(() => abort(memory, at)),
      seed: () => failure.run(randomSeed),
      'console.log': (pointer: number) =>
        failure.run(() => options.voice.console('log', utf16Text(memory, pointer))),
    },
  });
  failure.check();
  return { exports: held.instance.exports, failure };
}

function fillRandom(target: Uint8Array): void {
  for (let i = 0; i < target.length; i += RANDOM_BYTES_MAX) {
    crypto.getRandomValues(target.subarray(i, i + RANDOM_BYTES_MAX) as Uint8Array<ArrayBuffer>);
  }
}

function ownImports(voice: SliceVoice, memory: GuestMemory, failure: HostFailure): WebAssembly.ModuleImports {
  const text = (pointer: number, length: number): string =>
    new TextDecoder().decode(copyOf(memory.bytes(pointer, length)));
  return {
    progress: (value: number) => failure.run(() => void voice.progress(value >= 0 ? value : undefined)),
    log: (pointer: number, length: number) => failure.run(() => voice.console('log', text(pointer, length))),
    fail: (pointer: number, length: number) =>
      failure.run(() => {
        throw new Error(text(pointer, length));
      }),
  };
}

/** A fresh copy, of these bytes alone. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

/** AssemblyScript: a message and a file, a line and a column. */
function abort(memory: GuestMemory, [message = 0, file = 0, line = 0, column = 0]: number[]): never {
  const where = file === 0 ? '' : ` at ${utf16Text(memory, file)}:${line}:${column}`;
  throw new Error(`${utf16Text(memory, message) || 'abort was called'}${where}`);
}

/** A text of AssemblyScript: UTF-16, with its bytes as a number before it; empty for null. */
function utf16Text(memory: GuestMemory, pointer: number): string {
  const at = pointer >>> 0;
  if (at < 4) return '';
  return new TextDecoder('utf-16le').decode(copyOf(memory.bytes(at, memory.getU32(at - 4))));
}

/** What AssemblyScript begins its random numbers with: an f64 of any value. */
function randomSeed(): number {
  const seed = new DataView(new ArrayBuffer(8));
  fillRandom(new Uint8Array(seed.buffer));
  // A whole number of 52 bits and no NaN.
  return Number(seed.getBigUint64(0) >> 12n);
}

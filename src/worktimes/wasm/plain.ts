/**
 * An exported function as a work function: of numbers, or of bytes by way of `alloc`. One instance serves slice after
 * slice; after a failure, which may have left it in any state, a fresh one takes over.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobContext, WorkFunction } from '../runtime/runtime.js';
import { environmentOf } from './command.js';
import { packDatum, unpackResult } from './data.js';
import { explainWasm } from './explain.js';
import { copyOf, instantiate, type HostedInstance } from './host.js';
import { inputOf, JobTree } from './job-tree.js';
import { numbersOf, toWasm, typeText } from './numbers.js';
import type { ValueType } from './module-reader.js';
import type { ModulePlan } from './plan-module.js';
import { checkResultSize, LineOutput } from './streams.js';

type Plan<K extends ModulePlan['kind']> = Extract<ModulePlan, { kind: K }>;
type Exported = (...values: (number | bigint)[]) => unknown;

/** Throws WORK_FUNCTION_INVALID where the job's arguments do not fit, or the module does not start. */
export function plainWork(
  module: WebAssembly.Module,
  plan: Plan<'bytes'> | Plan<'numbers'>,
  job: JobContext,
): WorkFunction {
  const instance = new PlainInstance(module, job);
  const call = plan.kind === 'numbers' ? numbersCall(instance, plan, job) : bytesCall(instance, plan, job);
  instance.warm();
  return {
    call: (datum) => {
      try {
        const result = call(datum);
        instance.checkFailure();
        return result;
      } catch (error) {
        instance.drop();
        throw error;
      }
    },
    explain: (thrown) => explainWasm(thrown, instance.said),
    endSlice: () => instance.endSlice(),
  };
}

class PlainInstance {
  readonly #module: WebAssembly.Module;
  readonly #job: JobContext;
  readonly #tree: JobTree;
  readonly #env: readonly string[];
  readonly #output: LineOutput;
  readonly #errors: LineOutput;
  #hosted: HostedInstance | undefined;

  constructor(module: WebAssembly.Module, job: JobContext) {
    this.#module = module;
    this.#job = job;
    this.#tree = new JobTree(job.files, job.cwd);
    this.#env = environmentOf(job);
    this.#output = new LineOutput((line) => job.voice.console('log', line));
    this.#errors = new LineOutput((line) => job.voice.console('error', line));
  }

  /** The last lines on standard error in this slice. */
  get said(): string {
    return this.#errors.tail;
  }

  get exports(): WebAssembly.Exports {
    return this.#running.exports;
  }

  get #running(): HostedInstance {
    return (this.#hosted ??= this.#start());
  }

  function(name: string): Exported {
    return this.exports[name] as Exported;
  }

  /** Throws what the host threw in this slice, where the module caught it and went on. */
  checkFailure(): void {
    this.#running.failure.check();
  }

  get memory(): ArrayBuffer {
    return (this.exports['memory'] as WebAssembly.Memory).buffer;
  }

  /** Starts it before its first slice, so that one that cannot start is found out. Throws WORK_FUNCTION_INVALID. */
  warm(): void {
    try {
      this.#hosted = this.#start();
    } catch (cause) {
      const error = explainWasm(cause, this.said);
      const text = `The WebAssembly module does not start: ${error.name}: ${error.message}`;
      throw new ManyhandsError('WORK_FUNCTION_INVALID', text, { name: error.name }, { cause: error });
    }
  }

  /** The next slice gets a fresh one. */
  drop(): void {
    this.#hosted = undefined;
  }

  endSlice(): void {
    this.#output.end();
    this.#errors.end();
    this.#errors.clear();
  }

  #start(): HostedInstance {
    const tree = this.#tree;
    tree.renew();
    const input = inputOf(new Uint8Array(0));
    const descriptors = [input, this.#output, this.#errors, ...tree.openDirectories()];
    const { root } = tree;
    const options = { args: ['work'], env: this.#env, descriptors, root, voice: this.#job.voice };
    const hosted = instantiate(this.#module, options);
    const initialize = hosted.exports['_initialize'];
    if (typeof initialize === 'function') (initialize as () => void)();
    hosted.failure.check();
    return hosted;
  }
}

function numbersCall(
  instance: PlainInstance,
  { name, type }: Plan<'numbers'>,
  job: JobContext,
): (datum: unknown) => unknown {
  const { params } = type;
  const taken = params.length - job.args.length;
  if (taken < 0) throw argumentsMisfit(`${name}${typeText(type)}`, job.args.length);
  const args = convertArgs(job.args, params.slice(taken));
  const whole = `${name}${typeText(type)}`;
  const single = taken === 1 ? params[0]! : undefined;
  return (datum) => {
    // One number, the usual case, needs no array.
    if (single !== undefined && (typeof datum === 'number' || typeof datum === 'bigint'))
      return instance.function(name)(toWasm(datum, single, 'The datum'), ...args);
    const numbers = numbersOf(datum);
    if (numbers.length !== taken) {
      throw new TypeError(
        `${whole} takes ${taken} numbers of the datum${args.length === 0 ? '' : ` and ${args.length} of the arguments`}; ` +
          `the datum has ${numbers.length}`,
      );
    }
    const given = numbers.map((value, i) => toWasm(value, params[i]!, `The datum's number ${i}`));
    return instance.function(name)(...given, ...args);
  };
}

function bytesCall(
  instance: PlainInstance,
  { name, argTypes, alloc, free }: Plan<'bytes'>,
  job: JobContext,
): (datum: unknown) => unknown {
  if (argTypes.length !== job.args.length) {
    const type = { params: ['i32', 'i32', ...argTypes] as ValueType[], results: ['i64'] as ValueType[] };
    throw argumentsMisfit(`${name}${typeText(type)}, whose first two are the datum,`, job.args.length);
  }
  const args = convertArgs(job.args, argTypes);
  return (datum) => {
    const { bytes, form } = packDatum(datum);
    const pointer = Number(instance.function(alloc)(bytes.length)) >>> 0;
    view(instance, alloc, pointer, bytes.length).set(bytes);
    const packed = BigInt.asUintN(64, instance.function(name)(pointer, bytes.length, ...args) as bigint);
    const at = Number(packed >> 32n);
    const length = Number(packed & 0xffff_ffffn);
    checkResultSize(length, 'gave');
    const result = copyOf(view(instance, name, at, length));
    if (free !== undefined) instance.function(free)(at, length);
    return unpackResult(result, job.wasm?.result ?? form);
  };
}

function view(instance: PlainInstance, name: string, pointer: number, length: number): Uint8Array {
  const { memory } = instance;
  if (pointer + length <= memory.byteLength) return new Uint8Array(memory, pointer, length);
  throw new RangeError(
    `${name} gave ${length} bytes at ${pointer}; the module's memory ends at ${memory.byteLength}`,
  );
}

function convertArgs(args: readonly unknown[], types: readonly ValueType[]): (number | bigint)[] {
  try {
    return args.map((value, i) => toWasm(value, types[i]!, `args[${i}]`));
  } catch (cause) {
    const text = `The job's arguments do not fit the work function: ${(cause as Error).message}`;
    throw new ManyhandsError('WORK_FUNCTION_INVALID', text, {}, { cause });
  }
}

function argumentsMisfit(what: string, count: number): ManyhandsError {
  return new ManyhandsError('WORK_FUNCTION_INVALID', `${what} does not take the job's ${count} arguments`, {
    count,
  });
}

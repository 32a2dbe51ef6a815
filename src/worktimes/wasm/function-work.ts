/**
 * Runs an exported function as a work function: a function of numbers, or of bytes by means of `alloc`. One instance runs
 * all slices; after a failure, which may have left it in any state, a new one replaces it.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { JobContext, WorkFunction } from '../runtime/runtime.js';
import { environmentOf } from './command.js';
import { packDatum, unpackResult } from './data.js';
import { explainWasm } from './explain.js';
import { copyOf, instantiate, type HostedInstance } from './host.js';
import { inputStream, JobFileTree } from './job-tree.js';
import { numbersOf, toWasm, typeText } from './numbers.js';
import type { ValueType } from './module-reader.js';
import type { ModulePlan } from './plan-module.js';
import { checkResultSize, LineOutput } from './streams.js';

type Plan<K extends ModulePlan['kind']> = Extract<ModulePlan, { kind: K }>;
type Exported = (...values: (number | bigint)[]) => unknown;

/** @throws WORK_FUNCTION_INVALID where the job's arguments do not match, or the module does not start */
export function functionWork(
  module: WebAssembly.Module,
  plan: Plan<'bytes'> | Plan<'numbers'>,
  job: JobContext,
): WorkFunction {
  const instance = new ReusedInstance(module, job);
  const call = plan.kind === 'numbers' ? numbersCall(instance, plan, job) : bytesCall(instance, plan, job);
  instance.startNow();
  return {
    call: (datum) => {
      try {
        const result = call(datum);
        instance.checkFailure();
        return result;
      } catch (error) {
        instance.discard();
        throw error;
      }
    },
    explain: (thrown) => explainWasm(thrown, instance.stderrTail),
    endSlice: () => instance.endSlice(),
  };
}

class ReusedInstance {
  readonly #module: WebAssembly.Module;
  readonly #job: JobContext;
  readonly #tree: JobFileTree;
  readonly #env: readonly string[];
  readonly #output: LineOutput;
  readonly #errors: LineOutput;
  #hosted: HostedInstance | undefined;

  constructor(module: WebAssembly.Module, job: JobContext) {
    this.#module = module;
    this.#job = job;
    this.#tree = new JobFileTree(job.files, job.cwd);
    this.#env = environmentOf(job);
    this.#output = new LineOutput((line) => job.output.console('log', line));
    this.#errors = new LineOutput((line) => job.output.console('error', line));
  }

  /** The last lines of standard error in this slice. */
  get stderrTail(): string {
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

  /** Throws an error of the host in this slice that the module caught. */
  checkFailure(): void {
    this.#running.failure.check();
  }

  get memory(): ArrayBuffer {
    return (this.exports['memory'] as WebAssembly.Memory).buffer;
  }

  /** Starts the instance before the first slice. @throws WORK_FUNCTION_INVALID where it cannot start */
  startNow(): void {
    try {
      this.#hosted = this.#start();
    } catch (cause) {
      const error = explainWasm(cause, this.stderrTail);
      const text = `The WebAssembly module does not start: ${error.name}: ${error.message}`;
      throw new ManyhandsError('WORK_FUNCTION_INVALID', text, { name: error.name }, { cause: error });
    }
  }

  /** Discards the instance; the next slice gets a new one. */
  discard(): void {
    this.#hosted = undefined;
  }

  endSlice(): void {
    this.#output.end();
    this.#errors.end();
    this.#errors.clear();
  }

  #start(): HostedInstance {
    const tree = this.#tree;
    tree.reset();
    const input = inputStream(new Uint8Array(0));
    const descriptors = [input, this.#output, this.#errors, ...tree.openDirectories()];
    const { root } = tree;
    const options = { args: ['work'], env: this.#env, descriptors, root, output: this.#job.output };
    const hosted = instantiate(this.#module, options);
    const initialize = hosted.exports['_initialize'];
    if (typeof initialize === 'function') (initialize as () => void)();
    hosted.failure.check();
    return hosted;
  }
}

function numbersCall(
  instance: ReusedInstance,
  { name, type }: Plan<'numbers'>,
  job: JobContext,
): (datum: unknown) => unknown {
  const { params } = type;
  const datumCount = params.length - job.args.length;
  if (datumCount < 0) throw argumentCountError(`${name}${typeText(type)}`, job.args.length);
  const args = convertArgs(job.args, params.slice(datumCount));
  const signature = `${name}${typeText(type)}`;
  const single = datumCount === 1 ? params[0]! : undefined;
  return (datum) => {
    // Fast path: a single number needs no array.
    if (single !== undefined && (typeof datum === 'number' || typeof datum === 'bigint'))
      return instance.function(name)(toWasm(datum, single, 'The datum'), ...args);
    const numbers = numbersOf(datum);
    if (numbers.length !== datumCount) {
      throw new TypeError(
        `${signature} takes ${datumCount} numbers of the datum${args.length === 0 ? '' : ` and ${args.length} of the arguments`}; ` +
          `the datum has ${numbers.length}`,
      );
    }
    const given = numbers.map((value, i) => toWasm(value, params[i]!, `The datum's number ${i}`));
    return instance.function(name)(...given, ...args);
  };
}

function bytesCall(
  instance: ReusedInstance,
  { name, argTypes, alloc, free }: Plan<'bytes'>,
  job: JobContext,
): (datum: unknown) => unknown {
  if (argTypes.length !== job.args.length) {
    const type = { params: ['i32', 'i32', ...argTypes] as ValueType[], results: ['i64'] as ValueType[] };
    throw argumentCountError(`${name}${typeText(type)}, whose first two are the datum,`, job.args.length);
  }
  const args = convertArgs(job.args, argTypes);
  return (datum) => {
    const { bytes, form } = packDatum(datum);
    const pointer = Number(instance.function(alloc)(bytes.length)) >>> 0;
    view(instance, alloc, pointer, bytes.length).set(bytes);
    const packed = BigInt.asUintN(64, instance.function(name)(pointer, bytes.length, ...args) as bigint);
    const at = Number(packed >> 32n);
    const length = Number(packed & 0xffff_ffffn);
    checkResultSize(length, 'returned');
    const result = copyOf(view(instance, name, at, length));
    if (free !== undefined) instance.function(free)(at, length);
    return unpackResult(result, job.wasm?.result ?? form);
  };
}

function view(instance: ReusedInstance, name: string, pointer: number, length: number): Uint8Array {
  const { memory } = instance;
  if (pointer + length <= memory.byteLength) return new Uint8Array(memory, pointer, length);
  throw new RangeError(
    `${name} returned ${length} bytes at ${pointer}; the module's memory ends at ${memory.byteLength}`,
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

function argumentCountError(what: string, count: number): ManyhandsError {
  return new ManyhandsError('WORK_FUNCTION_INVALID', `${what} does not take the job's ${count} arguments`, {
    count,
  });
}

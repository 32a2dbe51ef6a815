/**
 * Starts a real sandbox with a job, sends it batches, and collects its messages.
 * @module
 */
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { packTree } from '../../src/jobfs/bundle.js';
import { Tree } from '../../src/jobfs/tree.js';
import { systemClock } from '../../src/lib/clock.js';
import { fromWireError } from '../../src/lib/errors.js';
import { sha256Hex } from '../../src/lib/crypto/sha256.js';
import { decodeError, encodeBlobRef, ENVELOPE_KIND } from '../../src/protocol/segment/envelope.js';
import type { JobModules } from '../../src/protocol/job/job-modules.js';
import type { JobPackage } from '../../src/protocol/job/job-package.js';
import { encodeJobPackage } from '../../src/protocol/job/job-package-codec.js';
import type { InputPart, WorktimeName } from '../../src/protocol/messages/messages.js';
import type { SandboxToSupervisor } from '../../src/protocol/messages/sandbox-messages.js';
import { SegmentReader, SegmentWriter } from '../../src/protocol/segment/segment.js';
import { encodeValue } from '../../src/protocol/values/values.js';
import { samplePackage } from '../../src/testing/sample-package.mjs';
import type { Sandbox, SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { threadHost } from '../../src/worker/hosts/thread-host.js';
import { DEFAULT_WORKTIME, describeWorktime, type BuiltInWorktime } from '../../src/worktimes/registry.js';

/** The script of the thread exists only in the built tree. */
export const THREAD_SCRIPT = new URL('../../dist/worktimes/sandbox/thread-sandbox.js', import.meta.url);

export interface JobSpec {
  worktime?: BuiltInWorktime;
  source: string | Uint8Array;
  sourceKind?: JobPackage['sourceKind'];
  wasm?: JobPackage['wasm'];
  customWorktime?: { name: string; version: string; source: string };
  args?: unknown[];
  captured?: Record<string, unknown>;
  env?: Record<string, string>;
  /** The libraries that `work.require` gives. */
  libraries?: { script: Uint8Array; names: string[] };
  /** A JobFS bundle and its directory. */
  bundle?: { bytes: Uint8Array; cwd: string };
  /** Packages by file name, and the modules that may be imported beforehand. */
  modules?: { files: Record<string, Uint8Array>; imports?: string[] };
  jobId?: string;
  /** Memory snapshot from which its runtime starts. */
  snapshot?: Uint8Array;
  /** The sandbox is not ended after the test; the caller ends it. */
  shared?: boolean;
}

export type Message = SandboxToSupervisor;
type Of<T extends Message['type']> = Extract<Message, { type: T }>;

/** The name and the version under which a worktime is assigned. */
function worktimeName(name: BuiltInWorktime): WorktimeName {
  return { name, version: describeWorktime(name)!.version };
}

/** Starts a sandbox with a job (a string: its JavaScript source); the provider of this function ends the sandbox after the test. */
export type StartSandbox = (spec: JobSpec | string) => Promise<SandboxFixture>;

export interface StarterOptions {
  /**
   * Whether Python starts from a snapshot of the host, which is made once, as workers start it. Where a snapshot takes as long to
   * send as Python takes to start, it does not.
   */
  withSnapshot?: boolean;
}

/** A function that starts sandboxes on one host, and one that ends them all. */
export function createStarter(
  host: () => SandboxHost,
  { withSnapshot = false }: StarterOptions = {},
): { start: StartSandbox; end: () => void } {
  const sandboxes: SandboxFixture[] = [];
  let made: Promise<Uint8Array> | undefined;
  return {
    start: async (given) => {
      const spec = typeof given === 'string' ? { source: given } : given;
      const snapshot =
        withSnapshot && spec.worktime === 'pyodide' ? await (made ??= takeSnapshot(host())) : undefined;
      const sandbox = await SandboxFixture.start(
        host(),
        snapshot === undefined ? spec : { snapshot, ...spec },
      );
      if (spec.shared !== true) sandboxes.push(sandbox);
      return sandbox;
    },
    end: () => sandboxes.splice(0).forEach((sandbox) => sandbox.kill()),
  };
}

async function takeSnapshot(host: SandboxHost): Promise<Uint8Array> {
  const sandbox = await SandboxFixture.open(host);
  const snapshot = await sandbox.makeSnapshot('pyodide');
  sandbox.kill();
  return snapshot;
}

/** A JobFS bundle of some files, by absolute path. */
export async function bundleOf(files: Record<string, string | Uint8Array>): Promise<Uint8Array> {
  const tree = new Tree();
  for (const [path, content] of Object.entries(files)) {
    tree.putFile(path, typeof content === 'string' ? new TextEncoder().encode(content) : content);
  }
  return packTree(tree, systemClock);
}

/** A host over the built thread script. Throws where the tree was not built. */
export function builtThreadHost(heapMiB?: number): SandboxHost {
  if (!existsSync(fileURLToPath(THREAD_SCRIPT)))
    throw new Error('Build first: npx tsc -p tsconfig.build.json');
  return threadHost({ script: THREAD_SCRIPT, heapMiB });
}

export class SandboxFixture {
  readonly messages: Message[] = [];
  exitReason: string | undefined;
  #sandbox!: Sandbox;
  #batch = 0;
  #quiesces = 0;
  #waiting = new Set<() => void>();

  /** Starts a sandbox that has no job yet. */
  static async open(host: SandboxHost, owner = '0x00'): Promise<SandboxFixture> {
    const sandbox = new SandboxFixture();
    sandbox.#sandbox = await host.start(owner, {
      message: (raw) => {
        sandbox.messages.push(raw as Message);
        sandbox.#wake();
      },
      exit: (reason) => {
        sandbox.exitReason = reason;
        sandbox.#wake();
      },
    });
    return sandbox;
  }

  /** Starts a sandbox and assigns the job; rejects with the sandbox's coded error. */
  static async start(host: SandboxHost, spec: JobSpec): Promise<SandboxFixture> {
    const sandbox = await SandboxFixture.open(host);
    await sandbox.assign(spec);
    return sandbox;
  }

  /** Assigns the job; kills the sandbox and rejects with its coded error where it refuses. */
  async assign(spec: JobSpec): Promise<Of<'assigned'>> {
    this.#assign(spec);
    const answer = await this.until((m) => m.type === 'assigned' || m.type === 'assign-failed');
    if (answer.type === 'assigned') return answer;
    this.kill();
    throw fromWireError((answer as Of<'assign-failed'>).error);
  }

  /** Starts a runtime before there is a job. */
  async warm(worktime: BuiltInWorktime, snapshot?: Uint8Array): Promise<Message> {
    this.#sandbox.send({
      type: 'warm',
      worktime: worktimeName(worktime),
      assets: {},
      ...(snapshot && { snapshot }),
    });
    return this.until((m) => m.type === 'warmed' || m.type === 'warm-failed');
  }

  /** Starts a runtime and returns a snapshot of its memory. */
  async makeSnapshot(worktime: BuiltInWorktime): Promise<Uint8Array> {
    this.#sandbox.send({ type: 'make-snapshot', worktime: worktimeName(worktime), assets: {} });
    const answer = await this.until((m) => m.type === 'snapshot' || m.type === 'warm-failed');
    if (answer.type === 'snapshot') return answer.bytes;
    throw fromWireError((answer as Of<'warm-failed'>).error);
  }

  kill(): void {
    this.#sandbox.kill();
  }

  /** Asks the sandbox to quiesce; resolves when it reports that no job code runs. */
  async quiesce(): Promise<void> {
    const nonce = `quiesce ${++this.#quiesces}`;
    this.#sandbox.send({ type: 'quiesce', nonce });
    await this.until((m) => m.type === 'quiesced' && m.nonce === nonce);
  }

  /** Runs one slice whose datum is sent as a blob. */
  async runBlob(datum: unknown, { send = true } = {}): Promise<unknown[]> {
    const bytes = encodeValue(datum);
    const digest = sha256Hex(bytes);
    const writer = new SegmentWriter();
    writer.appendEnvelope(ENVELOPE_KIND.blob, encodeBlobRef({ digest, bytes: bytes.length }));
    if (send) this.#sandbox.send({ type: 'blob', digest, bytes });
    return this.outcomes(
      this.send([{ first: 1, input: { kind: 'segment', count: 1, segment: writer.finish() } }]),
    );
  }

  /** Queues a batch and returns its number. */
  send(inputs: InputPart[], each = false, checkpoint?: { sliceNumber: number; state: Uint8Array }): number {
    const batch = ++this.#batch;
    this.#sandbox.send({ type: 'run', batch, inputs, reportEach: each, ...(checkpoint && { checkpoint }) });
    return batch;
  }

  /** Answers a checkpoint of the running slice. */
  answerCheckpoint(sliceNumber: number, saved: boolean): void {
    this.#sandbox.send({ type: 'checkpointed', sliceNumber, saved });
  }

  /** Runs one batch over these data; returns the outcome of each, an Error where its slice failed. */
  async run(data: unknown[], options: { first?: number; each?: boolean } = {}): Promise<unknown[]> {
    const input = { kind: 'segment', count: data.length, segment: segmentOf(data) } as const;
    return this.outcomes(this.send([{ first: options.first ?? 1, input }], options.each));
  }

  /** Runs one slice; returns its outcome. */
  async one(datum: unknown): Promise<unknown> {
    return (await this.run([datum]))[0];
  }

  /** Runs one slice that has to fail; returns its error. */
  async failure(datum: unknown): Promise<Error & { code?: string; info?: Record<string, unknown> }> {
    const outcome = await this.one(datum);
    if (outcome instanceof Error) return outcome;
    throw new Error(`The slice did not fail: ${String(outcome)}`);
  }

  /** Waits for the end of a batch and decodes its outcomes. */
  async outcomes(batch: number): Promise<unknown[]> {
    await this.until((m) => m.type === 'outcomes' && m.batch === batch && m.done);
    return this.of('outcomes')
      .filter((m) => m.batch === batch)
      .flatMap((m) => readOutcomes(m));
  }

  of<T extends Message['type']>(type: T): Of<T>[] {
    return this.messages.filter((m): m is Of<T> => m.type === type);
  }

  /** Console messages as `level text`. */
  get lines(): string[] {
    return this.of('console').map(
      (m) => `${m.level} ${m.message}${m.same === undefined ? '' : ` (${m.same})`}`,
    );
  }

  /** Resolves with the first message, past or future, for which `holds` is true; rejects when the sandbox ends before. */
  async until(holds: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(holds);
      if (found !== undefined) return found;
      if (this.exitReason !== undefined) throw new Error(`The sandbox ended: ${this.exitReason}`);
      await this.#change();
    }
  }

  /** Resolves with the reason when the sandbox has ended. */
  async exited(): Promise<string> {
    while (this.exitReason === undefined) await this.#change();
    return this.exitReason;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #assign(spec: JobSpec): void {
    const { worktime = DEFAULT_WORKTIME, bundle } = spec;
    const packages = Object.values(spec.modules?.files ?? {}).map(
      (bytes) => [sha256Hex(bytes), bytes] as const,
    );
    const blobs: Record<string, Uint8Array> = {};
    const fs = bundle && { blob: sha256Hex(bundle.bytes), bytes: bundle.bytes.length, cwd: bundle.cwd };
    this.#sandbox.send({
      type: 'assign',
      assignment: {
        ...(spec.jobId === undefined ? {} : { jobId: spec.jobId }),
        package: encodeJobPackage(packageOf(spec, fs, blobs)),
        blobs: { ...blobs, ...Object.fromEntries(packages), ...(bundle && { [fs!.blob]: bundle.bytes }) },
        worktime: worktimeName(worktime),
        assets: {},
        ...(spec.snapshot === undefined ? {} : { snapshot: spec.snapshot }),
      },
    });
  }
}

export function segmentOf(data: unknown[]): Uint8Array {
  const writer = new SegmentWriter();
  for (const datum of data) writer.appendValue(datum);
  return writer.finish();
}

export function readOutcomes(message: Of<'outcomes'>): unknown[] {
  const reader = new SegmentReader(message.segment);
  if (reader.count !== message.count) throw new Error('The count of the message is not that of its segment');
  return Array.from({ length: reader.count }, (_, i) => {
    if (reader.kind(i) === ENVELOPE_KIND.value) return reader.value(i);
    return decodeError(reader.body(i));
  });
}

/** Large parts are put into `blobs`. */
function packageOf(spec: JobSpec, fs: JobPackage['fs'], blobs: Record<string, Uint8Array>): JobPackage {
  const { worktime = DEFAULT_WORKTIME, source, customWorktime: custom, libraries } = spec;
  const asBlob = (bytes: Uint8Array): { blob: string; bytes: number } => {
    const digest = sha256Hex(bytes);
    blobs[digest] = bytes;
    return { blob: digest, bytes: bytes.length };
  };
  const inlineOrBlob = (bytes: Uint8Array): JobPackage['source'] =>
    bytes.length <= 64 * 1024 ? { inline: bytes } : asBlob(bytes);
  const bytesOf = (text: string | Uint8Array): Uint8Array =>
    typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return {
    ...samplePackage(),
    worktime: { name: worktime, range: `^${worktimeName(worktime).version}` },
    ...(custom && { customWorktime: { ...custom, source: { inline: bytesOf(custom.source) } } }),
    source: inlineOrBlob(bytesOf(source)),
    ...(libraries && { libraries: { ...asBlob(libraries.script), names: libraries.names } }),
    sourceKind: spec.sourceKind ?? (typeof source === 'string' ? 'function' : 'bytes'),
    wasm: spec.wasm,
    args: { inline: encodeValue(spec.args ?? []) },
    ...(spec.captured && { captured: encodeValue(spec.captured) }),
    ...(fs === undefined ? {} : { fs }),
    ...(spec.modules && { modules: modulesOf(spec.modules) }),
    env: spec.env ?? {},
    public: { name: 'A job', description: 'of a test', link: '' },
    limits: { sliceTimeoutMs: 60_000, noProgressMs: 60_000 },
  };
}

function modulesOf({ files, imports }: NonNullable<JobSpec['modules']>): JobModules {
  return {
    files: Object.keys(files)
      .sort()
      .map((name) => ({ name, blob: sha256Hex(files[name]!), bytes: files[name]!.length })),
    ...(imports && { imports }),
  };
}

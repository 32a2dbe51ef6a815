/**
 * The settings of a job handle, which can be changed until the job is deployed.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { describeValue, unknownOption } from '../../lib/options.js';
import { JobFS } from '../../jobfs/job-fs.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobPackage, WasmCall } from '../../protocol/job/job-package.js';
import type { CustomWorktime } from '../package/custom-worktime.js';
import { checkBoolean, checkKeystore, checkObject, checkText } from '../arguments/check-arguments.js';
import { JobEmitter } from './job-emitter.js';
import type { PackSettings } from '../package/package.js';
import { READ_AHEAD_DEFAULT, readLimits, type ReadAheadLimits } from '../upload/read-ahead.js';
import type { SlicePaymentOffer } from '../package/payment.js';
import {
  checkOrigins,
  PUBLIC_GROUP,
  type ComputeGroup,
  type JobLimits,
  type PublicInfo,
} from '../package/pack-settings.js';
import { DEFAULT_WORKTIME, type BuiltInWorktime } from '../../worktimes/registry.js';

/** The name of a worktime. An unknown name is rejected when the job is deployed. */
export type WorktimeId = BuiltInWorktime | (string & {});

/** The own properties of a handle. */
const OWN_NAMES: ReadonlySet<string> = new Set(['id', 'offer', 'payer']);

/** The names of all settings: the setters of the class. */
function settableNames(): string[] {
  const names = Object.getOwnPropertyNames(JobConfig.prototype);
  return names.filter((name) => {
    const found = Object.getOwnPropertyDescriptor(JobConfig.prototype, name);
    return found?.set !== undefined;
  });
}

export abstract class JobConfig<T> extends JobEmitter<T> {
  /** The id of the job, 22 characters; known before the job is deployed. */
  readonly id: string;
  /** Credits per slice that `exec` and `deploy` offer by default. */
  protected offer: SlicePaymentOffer = 0;
  /** The keystore that pays by default; undefined for the wallet's account. */
  protected payer: Keystore | undefined;
  readonly #makeJobFS: () => JobFS;
  #worktime: WorktimeId = DEFAULT_WORKTIME;
  #worktimeVersion: string | undefined;
  #customWorktime: CustomWorktime | undefined;
  #wasm: WasmCall = {};
  #isolation: JobPackage['isolation'] = 'job';
  #public: Partial<PublicInfo> = { name: null, description: null, link: null };
  #env: Record<string, string> = {};
  #limits: JobLimits = {};
  #origins: readonly string[] = [];
  #computeGroups: ComputeGroup[] = [{ ...PUBLIC_GROUP }];
  #autoClose: boolean;
  #collateResults = true;
  #readAhead: ReadAheadLimits = { ...READ_AHEAD_DEFAULT };
  #fs: JobFS | undefined;

  protected constructor(options: { id: string; autoClose: boolean; makeJobFS: () => JobFS }) {
    super();
    this.id = options.id;
    this.#autoClose = options.autoClose;
    this.#makeJobFS = options.makeJobFS;
  }

  /** @throws JOB_STATE once the job is deployed */
  setSlicePaymentOffer(offer: SlicePaymentOffer): void {
    this.#assertMutable('the payment offer');
    this.offer = offer;
  }

  /** @throws JOB_STATE once the job is deployed */
  setPaymentAccountKeystore(keystore: Keystore): void {
    this.#assertMutable('the keystore that pays');
    this.payer = checkKeystore(keystore);
  }

  /** The worktime that runs the work function: JavaScript, Python or WebAssembly. */
  get worktime(): WorktimeId {
    return this.#worktime;
  }

  /** @throws JOB_STATE once the job is deployed */
  set worktime(name: WorktimeId) {
    this.#assertMutable('worktime');
    this.#worktime = checkText('job.worktime', name);
  }

  /** A semver range of the worktime's version. @default the versions that this release supports */
  get worktimeVersion(): string | undefined {
    return this.#worktimeVersion;
  }

  /** @throws JOB_STATE once the job is deployed */
  set worktimeVersion(range: string | undefined) {
    this.#assertMutable('worktimeVersion');
    this.#worktimeVersion = range === undefined ? undefined : checkText('job.worktimeVersion', range);
  }

  /** A worktime that is shipped with the job and used in place of those of the workers. */
  get customWorktime(): CustomWorktime | undefined {
    return this.#customWorktime;
  }

  /** @throws JOB_STATE once the job is deployed */
  set customWorktime(custom: CustomWorktime | undefined) {
    this.#assertMutable('customWorktime');
    this.#customWorktime = custom;
  }

  /** How the WebAssembly module is called, if its exports do not determine it. */
  get wasm(): WasmCall {
    return this.#guarded(this.#wasm, 'wasm');
  }

  /** @throws JOB_STATE once the job is deployed */
  set wasm(call: WasmCall) {
    this.#assertMutable('wasm');
    this.#wasm = checkObject('job.wasm', call);
  }

  /**
   * Whether slices of the job may share a sandbox ('job'), or each slice gets a new one ('slice'), which costs a
   * sandbox start for each slice.
   * @default 'job'
   */
  get isolation(): JobPackage['isolation'] {
    return this.#isolation;
  }

  /** @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set isolation(isolation: JobPackage['isolation']) {
    this.#assertMutable('isolation');
    if (!['job', 'slice'].includes(isolation)) {
      const text = `job.isolation must be 'job' or 'slice', not ${describeValue(isolation)}.`;
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.isolation' });
    }
    this.#isolation = isolation;
  }

  /** The name, description and link of the job that workers show to their owners. */
  get public(): Partial<PublicInfo> {
    return this.#guarded(this.#public, 'public');
  }

  /** @throws JOB_STATE once the job is deployed */
  set public(info: Partial<PublicInfo>) {
    this.#assertMutable('public');
    this.#public = checkObject('job.public', info);
  }

  /** The environment variables of the work function. */
  get env(): Record<string, string> {
    return this.#guarded(this.#env, 'env');
  }

  /** @throws JOB_STATE once the job is deployed */
  set env(env: Record<string, string>) {
    this.#assertMutable('env');
    this.#env = checkObject('job.env', env);
  }

  /**
   * Origins of remote input that is added after the deployment. The origins of the first input are included
   * automatically.
   */
  get origins(): readonly string[] {
    return this.#origins.slice();
  }

  /** @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set origins(origins: readonly string[]) {
    this.#assertMutable('origins');
    this.#origins = checkOrigins(origins);
  }

  get limits(): JobLimits {
    return this.#guarded(this.#limits, 'limits');
  }

  /** @throws JOB_STATE once the job is deployed */
  set limits(limits: JobLimits) {
    this.#assertMutable('limits');
    this.#limits = checkObject('job.limits', limits);
  }

  /**
   * Whether the handle keeps the results. If not, its memory stays bounded and the results come by `result` events
   * only.
   */
  get collateResults(): boolean {
    return this.#collateResults;
  }

  /** @throws JOB_STATE once the handle follows the job */
  set collateResults(value: boolean) {
    if (this.isFollowed)
      throw this.stateError(
        'it is being followed already',
        'Set collateResults before exec, wait or the first listener.',
      );
    this.#collateResults = checkBoolean('job.collateResults', value);
  }

  /** How far an input of unknown length is read ahead of the finished slices; `Infinity` sets no limit. */
  get readAhead(): ReadAheadLimits {
    return this.#guarded(this.#readAhead, 'readAhead');
  }

  /** @throws UNKNOWN_OPTION, INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set readAhead(limits: ReadAheadLimits) {
    this.#assertMutable('readAhead');
    readLimits(checkObject('job.readAhead', limits));
    this.#readAhead = limits;
  }

  /** Whether the job is closed after its input is sent. */
  get autoClose(): boolean {
    return this.#autoClose;
  }

  /** @throws JOB_STATE once the job is deployed */
  set autoClose(value: boolean) {
    this.#assertMutable('autoClose');
    this.#autoClose = checkBoolean('job.autoClose', value);
  }

  /**
   * The compute groups whose workers may take the job. `push` adds to the public group, assigning replaces it. Secrets
   * never leave this process.
   */
  get computeGroups(): ComputeGroup[] {
    return this.#guarded(this.#computeGroups, 'computeGroups');
  }

  /** @throws JOB_STATE once the job is deployed */
  set computeGroups(groups: ComputeGroup[]) {
    this.#assertMutable('computeGroups');
    this.#computeGroups = checkObject('job.computeGroups', groups);
  }

  /** The files of the job. */
  get fs(): JobFS {
    this.#fs ??= this.#makeJobFS();
    if (this.isStarted) this.freezeFiles();
    return this.#fs;
  }

  /** @throws JOB_STATE once the job is deployed */
  set fs(fs: JobFS) {
    this.#assertMutable('fs');
    if (!(fs instanceof JobFS)) {
      const text = 'job.fs must be a JobFS: import { JobFS } from "manyhands/jobfs".';
      throw new ManyhandsError('INVALID_ARGUMENT', text, { argument: 'job.fs' });
    }
    this.#fs = fs;
  }

  /** Whether `exec` or `deploy` was called. */
  protected abstract readonly isStarted: boolean;

  protected get readAheadLimits(): Required<ReadAheadLimits> {
    return readLimits(this.#readAhead);
  }

  /** Whether the job's journal is being followed. */
  protected abstract readonly isFollowed: boolean;

  /** The files are part of the deployed job: later changes would be lost, so they are rejected. */
  protected freezeFiles(): void {
    this.#fs?.freeze(() =>
      this.stateError(
        'its files can no longer be changed',
        'Add them before exec or deploy, and use a separate JobFS for another job.',
      ),
    );
  }

  /**
   * Rejects a property that was set on the handle and is no setting: it would be ignored silently.
   * @throws UNKNOWN_OPTION, INVALID_ARGUMENT
   */
  protected checkPropertyNames(): void {
    for (const name of Object.keys(this)) {
      if (!OWN_NAMES.has(name)) throw unknownOption('A job', name, settableNames());
    }
    readLimits(this.#readAhead);
  }

  /** The current settings for the package. */
  protected packageSettings(): Omit<PackSettings, 'work' | 'args'> {
    return {
      jobId: this.id,
      worktime: this.#worktime,
      worktimeVersion: this.#worktimeVersion,
      customWorktime: this.#customWorktime,
      isolation: this.#isolation,
      wasm: this.#wasm,
      fs: this.#fs,
      env: this.#env,
      origins: this.#origins,
      computeGroups: this.#computeGroups,
      public: this.#public,
      limits: this.#limits,
    };
  }

  protected stateError(problem: string, advice: string): ManyhandsError<'JOB_STATE'> {
    return new ManyhandsError('JOB_STATE', `Job ${this.id}: ${problem}. ${advice}`, { jobId: this.id });
  }

  /**
   * A setting that is an object, as a proxy that rejects writes once the job is deployed: they would be ignored
   * silently.
   */
  #guarded<S extends object>(setting: S, name: string): S {
    if (typeof setting !== 'object' || setting === null) return setting;
    const check = (): true => {
      this.#assertMutable(name);
      return true;
    };
    return new Proxy(setting, {
      get: (target, key, receiver): unknown => {
        const value: unknown = Reflect.get(target, key, receiver);
        return typeof value === 'object' && value !== null ? this.#guarded(value, name) : value;
      },
      set: (target, key, value) => check() && Reflect.set(target, key, value),
      defineProperty: (target, key, descriptor) => check() && Reflect.defineProperty(target, key, descriptor),
      deleteProperty: (target, key) => check() && Reflect.deleteProperty(target, key),
    });
  }

  #assertMutable(setting: string): void {
    if (this.isStarted)
      throw this.stateError(`${setting} cannot be set on a deployed job`, 'Set it before exec or deploy.');
  }
}

/**
 * The settings of a handle until its job is deployed. Then they are locked, and packed into the frozen config of the job.
 * @module
 */
import { packDetails } from '../package/pack-details.js';
import type { JobFS } from '../../jobfs/job-fs.js';
import { ManyhandsError } from '../../lib/errors.js';
import { unknownOption } from '../../lib/options.js';
import type { Keystore } from '../../wallet/keystore.js';
import { checkKeystore, checkObject } from '../arguments/check-arguments.js';
import { packWasm } from '../../worktimes/wasm/call-options.js';
import type { LibraryImports } from '../package/library-imports.js';
import { packEnv, packGroups, packLimits, packPublic } from '../package/pack-settings.js';
import { resolveOffer, type ResolvedOffer, type SlicePaymentOffer } from '../package/payment.js';
import type { WorkSource } from '../package/work-source.js';
import { RESULTS_LENGTH_MAX } from '../state/result-handle.js';
import type { JobConfig } from './job-config.js';
import { checkTexts } from '../modules/module-settings.js';
import { readLimits } from './read-ahead-limits.js';
import { defaultSettings, SETTING_CHECKS, SETTING_NAMES, type Settings } from './settings.js';

/** What the user passed to `computeFor`. */
export interface DeployedCall {
  readonly work: WorkSource;
  readonly args: readonly unknown[];
  readonly imports: LibraryImports;
  readonly input: {
    /** The number of slices, if it is known. */
    readonly slices?: number | undefined;
    /** The origins that workers download remote data from. */
    readonly origins?: readonly string[];
  };
}

export interface DraftOptions {
  jobId: string;
  makeJobFS: () => JobFS;
  /** Whether the handle follows its job, so that results are kept or not. */
  isFollowed: () => boolean;
}

export class ConfigDraft {
  readonly #options: DraftOptions;
  readonly #settings = defaultSettings();
  /** Credits per slice that `exec` and `deploy` offer by default. */
  #offer: SlicePaymentOffer = 0;
  /** The libraries that were required besides those of the call. */
  readonly #required = new Map<string, string | URL>();
  /** The keystore that pays by default; undefined for the wallet's account. */
  #payer: Keystore | undefined;
  /** Constants of `job.capture`, by name. */
  #captured: Readonly<Record<string, unknown>> = {};
  #isLocked = false;

  constructor(options: DraftOptions) {
    this.#options = options;
  }

  /** Whether the job is being deployed, was deployed, or will not be. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  get<K extends keyof Settings>(name: K): Settings[K] {
    if (name === 'fs') return this.#files as Settings[K];
    const value = this.#settings[name] as Settings[K];
    // A copy: changes of the array would not be checked.
    if (name === 'origins' || name === 'tags')
      return [...(value as readonly string[])] as unknown as Settings[K];
    if (name === 'modules' || name === 'wheels') return value;
    return name === 'customWorktime' ? value : this.#guarded(value, name);
  }

  /** @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  set<K extends keyof Settings>(name: K, value: Settings[K]): void {
    if (name === 'collateResults') this.#assertNotFollowed();
    else this.#assertMutable(name);
    const settings: Partial<Settings> = this.#settings;
    settings[name] = SETTING_CHECKS[name](value);
  }

  /** @throws INVALID_ARGUMENT, UNKNOWN_OPTION; JOB_STATE once the job is deployed */
  setOffer(offer: SlicePaymentOffer): void {
    this.#assertMutable('the payment offer');
    // A mistake is refused here, where it was made; whether a ceiling is needed is known when the job is deployed.
    resolveOffer(offer, 1);
    this.#offer = offer;
  }

  /** The values are checked when the job is deployed. @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed */
  capture(constants: object): void {
    this.#assertMutable('a captured constant');
    this.#captured = { ...this.#captured, ...checkObject('job.capture', constants) };
  }

  /** @throws JOB_STATE once the job is deployed */
  require(libraries: LibraryImports): void {
    this.#assertMutable('a required library');
    for (const [name, library] of libraries) this.#required.set(name, library);
  }

  setPayer(keystore: Keystore): void {
    this.#assertMutable('the keystore that pays');
    this.#payer = checkKeystore(keystore);
  }

  /** From now on every change is refused: it would have no effect. */
  lock(autoClose = this.#settings.autoClose): void {
    this.#isLocked = true;
    this.#settings.autoClose = autoClose;
    this.#freezeFiles();
  }

  /**
   * The config of the job for this call.
   * @param names the properties of the handle: one that is no setting was set in vain
   * @throws UNKNOWN_OPTION, INVALID_ARGUMENT
   */
  freeze(
    { work, args, imports, input }: DeployedCall,
    names: readonly string[],
    offer: SlicePaymentOffer = this.#offer,
    payer: Keystore | undefined = this.#payer,
  ): JobConfig {
    for (const name of names) {
      if (name !== 'id') throw unknownOption('A job', name, SETTING_NAMES);
    }
    const { jobId } = this.#options;
    const { worktime, worktimeVersion, customWorktime, isolation, autoClose, fs } = this.#settings;
    const {
      modules,
      wheels,
      readAhead,
      origins,
      wasm,
      env,
      computeGroups,
      limits,
      public: about,
    } = this.#settings;
    const { tags, metadata } = this.#settings;
    return Object.freeze({
      jobId,
      work,
      args,
      captured: this.#captured,
      imports: new Map([...imports, ...this.#required]),
      worktime,
      worktimeVersion,
      customWorktime,
      modules: checkTexts('job.modules', modules),
      wheels: checkTexts('job.wheels', wheels),
      isolation,
      fs,
      autoClose,
      payer: checkKeystore(payer),
      readAhead: readLimits(readAhead),
      terms: this.#terms(offer, input.slices),
      origins: [...origins, ...(input.origins ?? [])],
      ...packWasm(wasm, worktime),
      env: packEnv(env),
      groups: packGroups(computeGroups),
      limits: packLimits(limits),
      public: packPublic(about, jobId),
      details: packDetails(tags, metadata),
    });
  }

  /** The error for a call that the state of the job does not allow. */
  stateError(problem: string, advice: string): ManyhandsError<'JOB_STATE'> {
    const { jobId } = this.#options;
    return new ManyhandsError('JOB_STATE', `Job ${jobId}: ${problem}. ${advice}`, { jobId });
  }

  get #files(): JobFS {
    const files = (this.#settings.fs ??= this.#options.makeJobFS());
    if (this.#isLocked) this.#freezeFiles();
    return files;
  }

  #terms(offer: SlicePaymentOffer, slices: number | undefined): ResolvedOffer {
    const { collateResults, autoClose } = this.#settings;
    if (collateResults && slices !== undefined && slices > RESULTS_LENGTH_MAX) {
      throw new ManyhandsError(
        'INVALID_ARGUMENT',
        `${slices} results exceed the maximum length of an array. Set job.collateResults = false and listen to 'result'.`,
      );
    }
    return resolveOffer(offer, autoClose ? slices : undefined);
  }

  /** The files are part of the deployed job: later changes would be lost, so they are rejected. */
  #freezeFiles(): void {
    this.#settings.fs?.freeze(() =>
      this.stateError(
        'its files can no longer be changed',
        'Add them before exec or deploy, and use a separate JobFS for another job.',
      ),
    );
  }

  /**
   * A setting that is an object, as a proxy that rejects writes once the job is deployed: they would be ignored
   * silently.
   */
  #guarded<S>(setting: S, name: string): S {
    if (typeof setting !== 'object' || setting === null) return setting;
    const check = (): true => {
      this.#assertMutable(name);
      return true;
    };
    return new Proxy(setting, {
      get: (target, key, receiver): unknown => this.#guarded(Reflect.get(target, key, receiver), name),
      set: (target, key, value) => check() && Reflect.set(target, key, value),
      defineProperty: (target, key, descriptor) => check() && Reflect.defineProperty(target, key, descriptor),
      deleteProperty: (target, key) => check() && Reflect.deleteProperty(target, key),
    });
  }

  #assertMutable(setting: string): void {
    if (!this.#isLocked) return;
    throw this.stateError(`${setting} cannot be set on a deployed job`, 'Set it before exec or deploy.');
  }

  #assertNotFollowed(): void {
    if (!this.#options.isFollowed()) return;
    throw this.stateError(
      'it is being followed already',
      'Set collateResults before exec, wait or the first listener.',
    );
  }
}

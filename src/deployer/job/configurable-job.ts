/**
 * The settings of a job as properties of its handle.
 * @module
 */
import type { Keystore } from '../../wallet/keystore.js';
import { SETTING_NAMES, type Settings } from '../config/settings.js';
import { readRequires } from '../package/library-imports.js';
import type { SlicePaymentOffer } from '../package/payment.js';
import { PARTS, type JobParts } from './job-parts.js';

export abstract class ConfigurableJob<T> implements Settings {
  declare worktime: Settings['worktime'];
  declare worktimeVersion: Settings['worktimeVersion'];
  declare customWorktime: Settings['customWorktime'];
  declare modules: Settings['modules'];
  declare wheels: Settings['wheels'];
  declare wasm: Settings['wasm'];
  declare isolation: Settings['isolation'];
  declare public: Settings['public'];
  declare env: Settings['env'];
  declare origins: Settings['origins'];
  declare limits: Settings['limits'];
  declare tags: Settings['tags'];
  declare metadata: Settings['metadata'];
  declare collateResults: Settings['collateResults'];
  declare readAhead: Settings['readAhead'];
  declare autoClose: Settings['autoClose'];
  declare computeGroups: Settings['computeGroups'];
  declare fs: Settings['fs'];

  static {
    for (const name of SETTING_NAMES) {
      Object.defineProperty(this.prototype, name, {
        get(this: ConfigurableJob<unknown>) {
          return this[PARTS].draft.get(name);
        },
        set(this: ConfigurableJob<unknown>, value: never) {
          this[PARTS].draft.set(name, value);
        },
        configurable: true,
      });
    }
  }

  /** @internal */
  protected abstract get [PARTS](): JobParts<T, this>;

  /**
   * Gives the work function constants by name: it finds them as if they were declared around it, and cannot change them.
   * Their values when the job is deployed are sent. Several calls add up.
   * @param constants plain data: null, booleans, numbers, strings, arrays and objects of them; at most 64 KiB
   *   (`exec` and `deploy` refuse others with INVALID_ARGUMENT and their path)
   * @throws JOB_STATE once the job is deployed
   */
  capture(constants: object): this {
    this[PARTS].draft.capture(constants);
    return this;
  }

  /**
   * Names npm libraries that the work function gets by `work.require`: one, several, or an object of names and what they
   * stand for. They are bundled when the job is deployed.
   * @throws INVALID_ARGUMENT; JOB_STATE once the job is deployed
   */
  requires(libraries: string | readonly string[] | Readonly<Record<string, string | URL>>): this {
    this[PARTS].draft.require(readRequires(libraries));
    return this;
  }

  /** @throws JOB_STATE once the job is deployed */
  setSlicePaymentOffer(offer: SlicePaymentOffer): void {
    this[PARTS].draft.setOffer(offer);
  }

  /** @throws JOB_STATE once the job is deployed */
  setPaymentAccountKeystore(keystore: Keystore): void {
    this[PARTS].draft.setPayer(keystore);
  }
}

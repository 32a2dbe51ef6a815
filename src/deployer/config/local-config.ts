/**
 * What of a job's config has no meaning in local mode: its price, who pays, and its compute groups.
 * @module
 */
import { PUBLIC_GROUP, packGroups } from '../package/pack-settings.js';
import { resolveOffer } from '../package/payment.js';
import type { JobConfig } from './job-config.js';

/** The config of a free job of the public group. */
export function toLocalConfig(config: JobConfig): JobConfig {
  return Object.freeze({
    ...config,
    terms: resolveOffer(0, undefined),
    payer: undefined,
    groups: packGroups([PUBLIC_GROUP]),
  });
}

/**
 * What of a job's config has no meaning in local mode: its price, who pays, its compute groups, and time limits while a debugger is
 * attached.
 * @module
 */
import { SLICE_TIMEOUT_MS_MAX } from '../../protocol/limits.js';
import { PUBLIC_GROUP, packGroups } from '../package/pack-settings.js';
import { resolveOffer } from '../package/payment.js';
import type { JobConfig } from './job-config.js';

/**
 * The config of a free job of the public group.
 * @param isDebugged whether a work function may stand at a breakpoint for as long as its author looks at it
 */
export function toLocalConfig(config: JobConfig, isDebugged: boolean): JobConfig {
  return Object.freeze({
    ...config,
    terms: resolveOffer(0, undefined),
    payer: undefined,
    groups: packGroups([PUBLIC_GROUP]),
    ...(isDebugged && {
      limits: { ...config.limits, sliceTimeoutMs: SLICE_TIMEOUT_MS_MAX, noProgressMs: SLICE_TIMEOUT_MS_MAX },
    }),
  });
}

/**
 * What a handle consists of. Its base classes reach the parts through a symbol, so that users see none of them.
 * @module
 */
import type { ConfigDraft } from '../config/config-draft.js';
import type { JobReader } from '../results/job-reader.js';
import type { JobResults } from '../results/job-results.js';
import type { JobState } from '../state/job-state.js';
import type { JobUpload } from '../upload/job-upload.js';
import type { SwitchableContext } from './switchable-context.js';
import type { JobDeployment } from './job-deployment.js';

/** The key of a handle's parts. */
export const PARTS: unique symbol = Symbol('parts');

/** `T`: the type of a result; `J`: the handle's class. */
export interface JobParts<T, J extends object> {
  readonly context: SwitchableContext;
  readonly draft: ConfigDraft;
  readonly state: JobState<T, J>;
  readonly upload: JobUpload;
  readonly results: JobResults<T, J>;
  readonly reader: JobReader<T>;
  readonly deployment: JobDeployment<T, J>;
}

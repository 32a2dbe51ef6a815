/**
 * Decodes an assignment: the job package, its blobs and its files. The supervisor has verified all digests.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import { isCapturedName } from '../../protocol/job/captured-name.js';
import type { InlineOrBlob } from '../../protocol/job/job-package.js';
import { decodeJobPackage } from '../../protocol/job/job-package-codec.js';
import type { Assignment } from '../../protocol/messages/sandbox-messages.js';
import { decodeValue } from '../../protocol/values/values.js';
import type { JobContext, SliceOutput } from '../runtime/runtime.js';

/** The working directory of a job without files. */
const CWD_DEFAULT = '/home/pyodide';

/** `output` receives what the job prints. @throws PACKAGE_MALFORMED, VALUE_MALFORMED, JOBFS_MALFORMED, JOBFS_TOO_LARGE or ASSIGN_FAILED */
export async function readAssignment(assignment: Assignment, output: SliceOutput): Promise<JobContext> {
  const job = decodeJobPackage(assignment.package);
  const blob = (digest: string): Uint8Array => {
    const bytes = Object.hasOwn(assignment.blobs, digest) ? assignment.blobs[digest] : undefined;
    if (bytes !== undefined) return bytes;
    throw new ManyhandsError('ASSIGN_FAILED', `The blob ${digest} of the job did not reach the sandbox`, {
      digest,
    });
  };
  const bytesOf = (part: InlineOrBlob): Uint8Array => ('inline' in part ? part.inline : blob(part.blob));
  const args = decodeValue(bytesOf(job.args));
  if (!Array.isArray(args)) throw new ManyhandsError('ASSIGN_FAILED', "The job's arguments are not an array");
  const sourceBytes = bytesOf(job.source);
  const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  const custom = job.customWorktime;
  return {
    source: job.sourceKind === 'bytes' ? '' : textOf(sourceBytes),
    sourceBytes,
    sourceKind: job.sourceKind,
    wasm: job.wasm,
    libraries: job.libraries && {
      names: job.libraries.names,
      script: textOf(blob(job.libraries.blob)),
    },
    customWorktime: custom && { ...custom, source: textOf(bytesOf(custom.source)) },
    args,
    ...(job.captured === undefined ? {} : { captured: readCaptured(job.captured) }),
    env: job.env,
    cwd: job.fs?.cwd ?? CWD_DEFAULT,
    files: job.fs === undefined ? new Map() : await unpack(blob(job.fs.blob)),
    ...(job.modules && {
      modules: {
        files: job.modules.files.map((file) => ({ name: file.name, bytes: blob(file.blob) })),
        imports: job.modules.imports ?? [],
      },
    }),
    public: job.public,
    jobId: assignment.jobId,
    output,
  };
}

/** The constants by name. */
function readCaptured(bytes: Uint8Array): Record<string, unknown> {
  const constants = decodeValue(bytes);
  const isMap = typeof constants === 'object' && constants !== null && !Array.isArray(constants);
  if (!isMap || !Object.keys(constants).every(isCapturedName))
    throw new ManyhandsError('ASSIGN_FAILED', "The job's captured constants are not a map of names");
  return constants as Record<string, unknown>;
}

/** Imported on demand: few jobs have files, and the module that reads bundles takes a while to load. */
async function unpack(bundle: Uint8Array): Promise<JobContext['files']> {
  const { unpackBundle } = await import('../../jobfs/bundle.js');
  return unpackBundle(bundle);
}

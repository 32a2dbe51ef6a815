/**
 * Prepares the deployment of a job: builds its package, stores its blobs, signs its payment offer and proves its compute
 * groups.
 * @module
 */
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobConfig } from '../config/job-config.js';
import type { DeployerContext } from '../connection/context.js';
import { buildPackage } from '../package/package.js';
import { signTerms } from '../package/sign-terms.js';
import type { ReadyState } from '../state/events.js';
import type { FindPosition } from '../state/locate-error.js';

export interface PreparedDeploy {
  body: DeployerRequests['job.deploy'][0];
  /** The keystore that signed the offer; undefined for a free job. */
  payer: Keystore | undefined;
  /** Ends the proofs of the job's compute groups on later connections. */
  leaveGroups: () => void;
}

/** @throws the errors of the package, CONNECT_FAILED, the scheduler's refusals, and the reason for which the job ended */
export async function prepareDeploy(
  context: DeployerContext,
  config: JobConfig,
  job: { readonly ended: AbortSignal; setReadyState(state: ReadyState): void; findPosition?: FindPosition },
): Promise<PreparedDeploy> {
  const { connection, blobs, ports } = context;
  job.setReadyState('init');
  const modulePorts = async () => (await import('./module-ports.js')).modulePorts(context);
  const [, built] = await Promise.all([connection.open(), buildPackage(config, { ...ports, modulePorts })]);
  if (built.sourceMap !== undefined) job.findPosition = ports.bundler?.readSourceMap(built.sourceMap);
  await Promise.all(built.blobs.map(({ ref, bytes }) => blobs.put(ref, bytes, { signal: job.ended })));
  job.ended.throwIfAborted();
  job.setReadyState('preauth');
  job.ended.throwIfAborted();
  const payer = await payerOf(context, config);
  const offer = payer && (await signTerms(context, payer, built.digest, config.terms));
  const { groups, leave } = await connection.joinGroups(built.secretGroups);
  const body: DeployerRequests['job.deploy'][0] = { jobId: config.jobId, package: built.bytes };
  if (groups.length > 0) body.groups = groups;
  if (offer !== undefined) body.offer = offer;
  return { body, payer, leaveGroups: leave };
}

/** The keystore that signs the offer. The offer of a free job is signed only if a keystore was set. */
async function payerOf({ ports }: DeployerContext, config: JobConfig): Promise<Keystore | undefined> {
  if (config.payer !== undefined || config.terms.pricePerSlice === 0n) return config.payer;
  return ports.wallet.get();
}

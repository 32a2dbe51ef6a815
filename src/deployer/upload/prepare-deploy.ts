/**
 * Prepares the deployment of a job: builds its package, stores its blobs, signs its payment offer and proves its compute
 * groups.
 * @module
 */
import { SignalFan } from '../../lib/signal-fan.js';
import type { DeployerRequests } from '../../protocol/messages/messages.js';
import type { Keystore } from '../../wallet/keystore.js';
import type { JobConfig } from '../config/job-config.js';
import type { DeployerContext } from '../connection/context.js';
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
  if (ports.local !== undefined) (await ports.local()).allowOrigins(config.origins);
  const modulePorts = async () => (await import('./module-ports.js')).modulePorts(context);
  // A page that deploys nothing yet does not load what packs jobs.
  const built = import('../package/package.js').then(({ buildPackage }) =>
    buildPackage(config, { ...ports, modulePorts, signal: job.ended }),
  );
  const [, { bytes, digest, blobs: parts, secretGroups, sourceMap }] = await Promise.all([
    connection.open(),
    built,
  ]);
  if (sourceMap !== undefined) job.findPosition = ports.bundler?.readSourceMap(sourceMap);
  const transfers = new SignalFan(job.ended);
  await Promise.all(
    parts.map((part) => transfers.run((signal) => blobs.put(part.ref, part.bytes, { signal }))),
  );
  job.ended.throwIfAborted();
  job.setReadyState('preauth');
  job.ended.throwIfAborted();
  const payer = await payerOf(context, config);
  const offer =
    payer &&
    (await (await import('../package/sign-terms.js')).signTerms(context, payer, digest, config.terms));
  const { groups, leave } = await connection.joinGroups(secretGroups);
  const body: DeployerRequests['job.deploy'][0] = {
    jobId: config.jobId,
    package: bytes,
    ...config.details,
  };
  if (groups.length > 0) body.groups = groups;
  if (offer !== undefined) body.offer = offer;
  return { body, payer, leaveGroups: leave };
}

/** The keystore that signs the offer. The offer of a free job is signed only if a keystore was set. */
async function payerOf({ ports }: DeployerContext, config: JobConfig): Promise<Keystore | undefined> {
  if (config.payer !== undefined || config.terms.pricePerSlice === 0n) return config.payer;
  return ports.wallet.get();
}

/**
 * The settings that the owner of the machine can change at any time: live options, pause reasons, the daily byte limit,
 * and accepted job owners. A change is applied to the sandboxes at once and sent to the scheduler where it matters there.
 * @module
 */
import type { Clock } from '../../lib/clock.js';
import type { Emitter } from '../../lib/events.js';
import { readOptions } from '../../lib/options.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import type { KeyValueStorage } from '../../lib/storage/storage.js';
import type { Address, JobId } from '../../protocol/messages/messages.js';
import { Admission } from './admission.js';
import type { AdmissionOptions } from './admission.js';
import { JoinedGroups, type JoinedGroupsOptions } from './joined-groups.js';
import { LiveOptions, rejectUnknown } from '../options/live-options.js';
import { checkAddress, checkJob, invalid } from '../options/option-checks.js';
import { PauseReasons } from './pause-reasons.js';
import type { ResolvedWorkerOptions } from '../options/resolve-options.js';
import { BandwidthMeter } from './bandwidth-meter.js';
import type { WorkerEvents } from '../options/worker-events.js';
import { parseHours, WorkingHours } from '../options/working-hours.js';

/** Pause reason while the daily byte limit is reached. */
const BYTES_REASON = 'bytes';
/** Pause reason outside the working hours. */
const HOURS_REASON = 'hours';
const EXCLUDED = 'The owner of the machine excluded this job.';

export interface OwnerControlsPorts {
  clock: Clock;
  storage: KeyValueStorage | undefined;
  /** The worker's id. */
  workerId: string;
  events: Emitter<WorkerEvents>;
  loadJob: AdmissionOptions['loadJob'];
  /** The worker's description for the scheduler changed. */
  descriptionChanged: () => void;
  /** The session with the scheduler, for the proofs of compute groups. */
  session: JoinedGroupsOptions['session'];
  /**
   * Applies limits to the sandboxes; without effect before the start. `cores`: number of sandboxes; `share`: part of the time
   * that each may compute, above 0 and up to 1.
   */
  setLimits: (limits: { cores: number; share: number; paused: boolean }) => void;
  /** Stops a job at once and releases its leases. */
  refuse: (jobId: JobId, reason: string) => void;
  /** Stops the jobs that take input from an origin which is not in the list. */
  allowOrigins: (origins: readonly string[], reason: string) => void;
  loadedJobs: AdmissionOptions['loadedJobs'];
}

export class OwnerControls {
  readonly live: LiveOptions;
  readonly pauses: PauseReasons;
  readonly bandwidth: BandwidthMeter;
  readonly admission: Admission;
  readonly groups: JoinedGroups;
  readonly #hours: WorkingHours;
  readonly #ports: OwnerControlsPorts;

  constructor(options: ResolvedWorkerOptions, ports: OwnerControlsPorts) {
    const { clock, storage, events, loadJob, descriptionChanged, loadedJobs } = ports;
    this.#ports = ports;
    this.live = rejectUnknown(new LiveOptions(options, (key) => this.#changed(key)));
    this.pauses = new PauseReasons((name, reason) => {
      events.emit(name, { reason });
      this.apply();
    });
    this.bandwidth = new BandwidthMeter(
      {
        clock,
        storage,
        // Workers with the same name share the counter. The digest of a name is a valid key whatever its characters.
        key: `bytes-${sha256Hex(new TextEncoder().encode(options.name)).slice(0, 16)}`,
        id: ports.workerId,
        reported: (bytesToday) => events.emit('bytes', { bytesToday }),
        limited: (isLimited) =>
          isLimited ? this.pauses.add(BYTES_REASON) : this.pauses.remove(BYTES_REASON),
      },
      options.bytesPerDay,
    );
    this.#hours = new WorkingHours(clock, (isOutside) =>
      isOutside ? this.pauses.add(HOURS_REASON) : this.pauses.remove(HOURS_REASON),
    );
    const blocked: AdmissionOptions['blocked'] = () => ({
      jobs: this.live.blockedJobs,
      owners: this.live.blockedOwners,
    });
    const authorize = (): ResolvedWorkerOptions['authorize'] => this.live.authorize;
    const refuse = (jobId: JobId): void => ports.refuse(jobId, EXCLUDED);
    this.admission = new Admission({
      clock,
      blocked,
      authorize,
      loadJob,
      loadedJobs,
      refuse,
      changed: descriptionChanged,
    });
    this.groups = new JoinedGroups({
      groups: () => this.live.groupCredentials,
      session: ports.session,
      changed: descriptionChanged,
      warn: (error) => events.emit('warning', { error }),
    });
  }

  /** Starts to watch the working hours. */
  start(): void {
    this.#followHours();
    this.apply();
  }

  /** Applies the current limits to the sandboxes. */
  apply(): void {
    const { cores, share } = this.live;
    this.#ports.setLimits({ cores, share, paused: this.pauses.any });
  }

  /** @throws INVALID_ARGUMENT where the job id or the address is malformed */
  block(which: { jobId?: JobId; owner?: Address }): void {
    const { jobId, owner } = readOptions<typeof which>(which, 'worker.block', { jobId: true, owner: true });
    if (jobId === undefined && owner === undefined) throw invalid('block', '{ jobId } or { owner }', which);
    const { blockedJobs, blockedOwners } = this.live;
    if (jobId !== undefined) {
      const job = checkJob('jobId', jobId);
      if (!blockedJobs.includes(job)) this.live.blockedJobs = [...blockedJobs, job];
    }
    if (owner === undefined) return;
    const address = checkAddress('owner', owner);
    if (!blockedOwners.includes(address)) this.live.blockedOwners = [...blockedOwners, address];
  }

  async close(): Promise<void> {
    this.#hours.close();
    this.admission.close();
    await this.bandwidth.close();
  }

  #changed(key: keyof LiveOptions): void {
    const { descriptionChanged } = this.#ports;
    switch (key) {
      case 'cores':
        this.apply();
        return descriptionChanged();
      case 'share':
        return this.apply();
      case 'bytesPerDay':
        this.bandwidth.limitBytes = this.live.bytesPerDay;
        return;
      case 'hours':
        return this.#followHours();
      case 'allowOrigins':
        this.#ports.allowOrigins(this.live.allowOrigins, EXCLUDED);
        return descriptionChanged();
      case 'groups':
        this.groups.rejoin();
        return descriptionChanged();
      case 'authorize':
        return this.admission.reauthorize();
      case 'blockedJobs':
      case 'blockedOwners':
        this.#refuseBlocked();
        return descriptionChanged();
      default:
        return descriptionChanged();
    }
  }

  #followHours(): void {
    const { hours } = this.live;
    this.#hours.hours = hours === undefined ? undefined : parseHours(hours);
  }

  #refuseBlocked(): void {
    const { blockedJobs, blockedOwners } = this.live;
    const ofOwners = blockedOwners.flatMap((owner) => this.admission.jobsOf(owner));
    for (const jobId of new Set([...blockedJobs, ...ofOwners])) this.#ports.refuse(jobId, EXCLUDED);
  }
}

/**
 * What the machine's owner wants, and may change at any time: the live options, the reasons to rest, the daily bytes,
 * and whose code comes in. A change reaches the sandboxes at once, and the scheduler where it concerns it.
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
import { LiveOptions, refuseUnknown } from '../options/live-options.js';
import { checkAddress, checkJob, invalid } from '../options/option-checks.js';
import { Pauses } from './pause-reasons.js';
import type { ResolvedWorkerOptions } from '../options/resolve-options.js';
import { Traffic } from './bandwidth-meter.js';
import type { WorkerEvents } from '../options/worker-events.js';
import { parseHours, WorkingHours } from '../options/working-hours.js';

/** Why a worker pauses that moved as many bytes as it may in a day. */
const BYTES = 'bytes';
/** Why a worker pauses outside the hours of the day in which it works. */
const HOURS = 'hours';
const UNWANTED = 'The owner of the machine does not want it.';

export interface WishesPorts {
  clock: Clock;
  storage: KeyValueStorage | undefined;
  /** The worker's own id. */
  workerId: string;
  events: Emitter<WorkerEvents>;
  look: AdmissionOptions['look'];
  /** What the scheduler should know of this worker has changed. */
  described: () => void;
  /** With the scheduler, for the proofs of compute groups. */
  session: JoinedGroupsOptions['session'];
  /** What is to be done on this machine; nothing before there are sandboxes. */
  allow: (allowed: { cores: number; share: number; paused: boolean }) => void;
  refuse: (jobId: JobId, reason: string) => void;
  /** Nothing may run here whose input comes from elsewhere. */
  allowOrigins: (origins: readonly string[], reason: string) => void;
  here: AdmissionOptions['here'];
}

export class Wishes {
  readonly live: LiveOptions;
  readonly pauses: Pauses;
  readonly traffic: Traffic;
  readonly admission: Admission;
  readonly groups: JoinedGroups;
  readonly #hours: WorkingHours;
  readonly #ports: WishesPorts;

  constructor(options: ResolvedWorkerOptions, ports: WishesPorts) {
    const { clock, storage, events, look, described, here } = ports;
    this.#ports = ports;
    this.live = refuseUnknown(new LiveOptions(options, (key) => this.#changed(key)));
    this.pauses = new Pauses((name, reason) => {
      events.emit(name, { reason });
      this.apply();
    });
    this.traffic = new Traffic(
      {
        clock,
        storage,
        key: `bytes-${sha256Hex(new TextEncoder().encode(options.name)).slice(0, 16)}`,
        id: ports.workerId,
        told: (bytesToday) => events.emit('bytes', { bytesToday }),
        capped: (isCapped) => (isCapped ? this.pauses.add(BYTES) : this.pauses.remove(BYTES)),
      },
      options.bytesPerDay,
    );
    this.#hours = new WorkingHours(clock, (isOutside) =>
      isOutside ? this.pauses.add(HOURS) : this.pauses.remove(HOURS),
    );
    const blocked: AdmissionOptions['blocked'] = () => ({
      jobs: this.live.blockedJobs,
      owners: this.live.blockedOwners,
    });
    const admit = (): ResolvedWorkerOptions['admit'] => this.live.admit;
    const refuse = (jobId: JobId): void => ports.refuse(jobId, UNWANTED);
    this.admission = new Admission({ clock, blocked, admit, look, here, refuse, changed: described });
    this.groups = new JoinedGroups({
      groups: () => this.live.groupCredentials,
      session: ports.session,
      changed: described,
      warn: (error) => events.emit('warning', { error }),
    });
  }

  /** Begins to keep the hours of the day. */
  begin(): void {
    this.#followHours();
    this.apply();
  }

  /** Tells the sandboxes what is allowed now. */
  apply(): void {
    const { cores, share } = this.live;
    this.#ports.allow({ cores, share, paused: this.pauses.any });
  }

  /** @throws INVALID_ARGUMENT where that is no job id or no address */
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
    await this.traffic.close();
  }

  #changed(key: keyof LiveOptions): void {
    const { described } = this.#ports;
    switch (key) {
      case 'cores':
        this.apply();
        return described();
      case 'share':
        return this.apply();
      case 'bytesPerDay':
        this.traffic.cap = this.live.bytesPerDay;
        return;
      case 'hours':
        return this.#followHours();
      case 'allowOrigins':
        this.#ports.allowOrigins(this.live.allowOrigins, UNWANTED);
        return described();
      case 'groups':
        this.groups.change();
        return described();
      case 'admit':
        return this.admission.askAgain();
      case 'blockedJobs':
      case 'blockedOwners':
        this.#refuseBlocked();
        return described();
      default:
        return described();
    }
  }

  #followHours(): void {
    const { hours } = this.live;
    this.#hours.hours = hours === undefined ? undefined : parseHours(hours);
  }

  #refuseBlocked(): void {
    const { blockedJobs, blockedOwners } = this.live;
    const ofOwners = blockedOwners.flatMap((owner) => this.admission.jobsOf(owner));
    for (const jobId of new Set([...blockedJobs, ...ofOwners])) this.#ports.refuse(jobId, UNWANTED);
  }
}

/**
 * Passes the notices of followed jobs, and the state of their connection, to the followers.
 * @module
 */
import type { SessionState } from '../../client/connection/session.js';
import { ManyhandsError } from '../../lib/errors.js';
import type { SchedulerMessage } from '../../protocol/messages/messages.js';

const NOTICES = ['job.journal', 'job.console', 'job.event', 'job.progress'] as const;
export type JobNotice = Extract<SchedulerMessage, { type: (typeof NOTICES)[number] }>;

const isJobNotice = (message: SchedulerMessage): message is JobNotice =>
  (NOTICES as readonly string[]).includes(message.type);

/** Receives the notices of a followed job and the state of its connection. */
export interface JobSubscriber {
  notice(message: JobNotice): void;
  /** The connection is open again; the subscription of the previous connection has ended. */
  reconnected(): void;
  /** The connection was lost and is being reopened. */
  disconnected(): void;
  /** The connection is closed and will not be reopened. */
  ended(error: Error): void;
}

export class JobNotices {
  readonly #subscribers = new Map<string, JobSubscriber>();

  /** Whether a handle follows that job over this connection. */
  hasSubscriber(jobId: string): boolean {
    return this.#subscribers.has(jobId);
  }

  /**
   * Sends the notices of a job to `subscriber`, which replaces any earlier one. Returns the function that
   * unsubscribes.
   */
  subscribe(jobId: string, subscriber: JobSubscriber): () => void {
    this.#subscribers.set(jobId, subscriber);
    return () => {
      if (this.#subscribers.get(jobId) === subscriber) this.#subscribers.delete(jobId);
    };
  }

  readonly received = (message: SchedulerMessage): void => {
    if (isJobNotice(message)) this.#subscribers.get(message.jobId)?.notice(message);
  };

  stateChanged(state: SessionState, error: Error | undefined): void {
    for (const subscriber of [...this.#subscribers.values()]) {
      if (state === 'waiting') subscriber.disconnected();
      else if (state === 'open') subscriber.reconnected();
      else if (state === 'closed')
        subscriber.ended(
          error ?? new ManyhandsError('CLOSED', 'The connection to the scheduler was closed.'),
        );
    }
  }
}

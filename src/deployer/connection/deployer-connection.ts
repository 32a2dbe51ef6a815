/**
 * A deployer's connection to its scheduler: the client, who the deployer is to the scheduler, the compute groups of the jobs
 * that are being deployed, and the scheduler's clock.
 * @module
 */
import { ConnectionProofs } from '../../client/connection/connection-proofs.js';
import { CONNECT_TIMEOUT_MS_DEFAULT, Outage } from '../../client/connection/outage.js';
import { SchedulerClient } from '../../client/connection/scheduler-client.js';
import type { Call } from '../../client/connection/session.js';
import type { Address, DeployerRequests, Welcome, WireGroupProof } from '../../protocol/messages/messages.js';
import { parseSchedulerUrl } from '../../protocol/wire/scheduler-url.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import type { NamedGroup } from '../../wallet/group-membership.js';
import { JobNotices } from './job-notices.js';
import type { DeployerPorts } from './ports.js';

/** The welcome message of the scheduler, with the identity that this side has proved. */
export interface AuthenticatedWelcome extends Welcome {
  /** The owner of the jobs that are deployed over this connection. */
  owner: Address;
}

export class DeployerConnection {
  readonly client: SchedulerClient<DeployerRequests>;
  /** Observes the loss and the return of the connection. */
  readonly outage: Outage;
  readonly notices = new JobNotices();
  readonly #ports: DeployerPorts;
  /** Groups of jobs that are being deployed. They are proved on each new connection, before requests are sent again. */
  readonly #groups = new Set<readonly GroupCredential[]>();
  readonly #proofs = new ConnectionProofs(() => this.#groups);
  #welcome: AuthenticatedWelcome | undefined;

  /** @throws INVALID_ARGUMENT when the scheduler's address is malformed */
  constructor(ports: DeployerPorts) {
    this.#ports = ports;
    const url = parseSchedulerUrl(ports.schedulerUrl);
    const { connect, clock, random, warn, connectTimeoutMs = CONNECT_TIMEOUT_MS_DEFAULT } = ports;
    this.outage = new Outage({ clock, warn, connectTimeoutMs, url: url.http });
    this.client = new SchedulerClient<DeployerRequests>({
      url,
      connect,
      clock,
      random,
      outage: this.outage,
      isOnDemand: true,
      addressOption: 'init({ scheduler })',
      hello: () => ({ role: 'deployer' }),
      greet: (welcome, call) => this.#greet(welcome, call),
      notice: this.notices.received,
      state: (state, error) => this.notices.stateChanged(state, error),
      stalled: ({ message }) =>
        warn(
          `manyhands: the scheduler at ${url.http} cannot store data now (${message}); retrying until it can.`,
        ),
    });
  }

  /**
   * Resolves when the connection is open and this side has proved its identity.
   * @throws CONNECT_FAILED, PROTOCOL_VERSION and the errors of the scheduler
   */
  async open(): Promise<AuthenticatedWelcome> {
    await this.client.open();
    return this.#welcome!;
  }

  /** Proves the secrets of compute groups, on this and every later connection until `leave` is called. */
  async joinGroups(groups: readonly GroupCredential[]): Promise<{ groups: NamedGroup[]; leave: () => void }> {
    this.#groups.add(groups);
    const leave = (): void => void this.#groups.delete(groups);
    try {
      const send = (proofs: WireGroupProof[]): Promise<unknown> =>
        this.client.request('group.prove', { proofs });
      return { groups: await this.#proofs.prove(groups, send), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** The scheduler's wall clock now, milliseconds since 1970. */
  async schedulerWallMs(): Promise<number> {
    return (await this.client.request('ping', {})).nowMs;
  }

  async #greet(welcome: Welcome, call: Call): Promise<void> {
    const identity = await this.#ports.wallet.getId();
    this.#welcome = { ...welcome, owner: identity.address };
    await this.#proofs.greet(welcome, call, identity);
  }
}

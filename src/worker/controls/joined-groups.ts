/**
 * The compute groups of a worker: how they are named to the scheduler, and the proofs of their secrets. Making the key
 * of a secret takes a moment, in which the group is left out of what the worker says of itself.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { GroupKey, GroupProof, Welcome } from '../../protocol/messages/messages.js';
import type { Call, SessionState } from '../../transport/session.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { GroupMembership, nameGroups } from '../../wallet/group-membership.js';

export interface JoinedGroupsOptions {
  /** What the owner of the machine wants now. */
  groups: () => readonly GroupCredential[] | undefined;
  /** With the scheduler. */
  session: () => {
    readonly state: SessionState;
    request(type: 'group.prove', body: { proofs: GroupProof[] }): Promise<unknown>;
  };
  /** What `named` gives is another now. */
  changed: () => void;
  warn: (error: Error) => void;
}

export class JoinedGroups {
  readonly #options: JoinedGroupsOptions;
  readonly #membership = new GroupMembership();
  /** By key and hash: what is named to the scheduler. */
  readonly #known = new Map<string, GroupKey>();

  constructor(options: JoinedGroupsOptions) {
    this.#options = options;
  }

  /** For the worker's description; absent: the public group. */
  get named(): GroupKey[] | undefined {
    return this.#options.groups()?.flatMap((one) => {
      if (one.secretHash === undefined) return [{ key: one.key }];
      return this.#known.get(idOf(one)) ?? [];
    });
  }

  /** Makes the keys of all secrets. */
  async prepare(): Promise<void> {
    const groups = this.#options.groups() ?? [];
    const named = await nameGroups(groups);
    this.#known.clear();
    groups.forEach((one, i) => this.#known.set(idOf(one), named[i]!));
  }

  /** On every connection, before anything else is said. */
  readonly greet = async (welcome: Welcome, call: Call): Promise<void> => {
    this.#membership.connected(welcome);
    await this.#membership.prove(this.#options.groups() ?? [], (proofs) => call('group.prove', { proofs }));
  };

  /** The owner of the machine wants others. */
  change(): void {
    const { session, groups, changed, warn } = this.#options;
    const join = async (): Promise<void> => {
      await this.prepare();
      const { state } = session();
      if (state === 'open') {
        await this.#membership.prove(groups() ?? [], (proofs) =>
          session().request('group.prove', { proofs }),
        );
      }
      changed();
    };
    join().catch((cause: unknown) => {
      if (session().state === 'closed') return;
      warn(
        new ManyhandsError(
          'INTERNAL',
          'The compute groups of this worker could not be joined.',
          {},
          { cause },
        ),
      );
    });
  }
}

const idOf = ({ key, secretHash }: GroupCredential): string => `${secretHash ?? ''} ${key}`;

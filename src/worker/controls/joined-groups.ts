/**
 * The compute groups of a worker: how the scheduler names them, and the proofs of their secrets. Deriving a key from a
 * secret takes some time; until then the group is missing from the worker's description.
 * @module
 */
import { ManyhandsError } from '../../lib/errors.js';
import type { GroupKey, WireGroupProof, Welcome } from '../../protocol/messages/messages.js';
import { ConnectionProofs } from '../../client/connection/connection-proofs.js';
import type { Call, SessionState } from '../../client/connection/session.js';
import type { GroupCredential } from '../../wallet/group-credential.js';
import { nameGroups } from '../../wallet/group-membership.js';

export interface JoinedGroupsOptions {
  /** The groups that the owner of the machine set. */
  groups: () => readonly GroupCredential[] | undefined;
  /** The session with the scheduler. */
  session: () => {
    readonly state: SessionState;
    request(type: 'group.prove', body: { proofs: WireGroupProof[] }): Promise<unknown>;
  };
  /** The value of `named` changed. */
  changed: () => void;
  warn: (error: Error) => void;
}

export class JoinedGroups {
  readonly #options: JoinedGroupsOptions;
  readonly #proofs = new ConnectionProofs(() => [this.#options.groups() ?? []]);
  /** Names for the scheduler, by key and hash of the secret. */
  readonly #known = new Map<string, GroupKey>();

  constructor(options: JoinedGroupsOptions) {
    this.#options = options;
  }

  /** The groups in the worker's description; undefined: the public group. */
  get named(): GroupKey[] | undefined {
    return this.#options.groups()?.flatMap((one) => {
      if (one.secretHash === undefined) return [{ key: one.key }];
      return this.#known.get(groupId(one)) ?? [];
    });
  }

  /** Derives the keys of all secrets. */
  async prepare(): Promise<void> {
    const groups = this.#options.groups() ?? [];
    const named = await nameGroups(groups);
    groups.forEach((one, i) => this.#known.set(groupId(one), named[i]!));
    // The owner may have set other groups meanwhile, whose names may be known already.
    const current = new Set(this.#options.groups()?.map(groupId));
    for (const id of this.#known.keys()) if (!current.has(id)) this.#known.delete(id);
  }

  /** Called on every connection before any other message. */
  readonly greet = (welcome: Welcome, call: Call): Promise<void> => this.#proofs.greet(welcome, call);

  /** Joins the groups that the owner of the machine set anew. */
  rejoin(): void {
    const { session, groups, changed, warn } = this.#options;
    const join = async (): Promise<void> => {
      await this.prepare();
      changed();
      // Before the first connection, its greeting proves them. Between two connections, or while one is greeted, the request
      // waits: that greeting may have begun without these groups.
      if (session().state === 'idle') return;
      await this.#proofs.prove(groups() ?? [], (proofs) => session().request('group.prove', { proofs }));
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

const groupId = ({ key, secretHash }: GroupCredential): string => `${secretHash ?? ''} ${key}`;

import { expect, test, vi } from 'vitest';
import type { Welcome } from '../../protocol/messages/messages.js';
import type { SessionState } from '../../client/connection/session.js';
import { hashSecret, type GroupCredential } from '../../wallet/group-credential.js';
import { JoinedGroups } from './joined-groups.js';

const group = (key: string): GroupCredential => ({ key, secretHash: hashSecret(`the secret of ${key}`) });

/** Groups of a worker, and the keys that it has proved over its session. */
function createGroups(state: SessionState) {
  const session = {
    state,
    request: (_type: string, { proofs }: { proofs: { key: string }[] }) => {
      proved.push(...proofs.map(({ key }) => key));
      return Promise.resolve({});
    },
  };
  const proved: string[] = [];
  const changes = { count: 0 };
  const owner: { groups: GroupCredential[] } = { groups: [] };
  const joined = new JoinedGroups({
    groups: () => owner.groups,
    session: () => session,
    changed: () => changes.count++,
    warn: (error) => expect.unreachable(error.message),
  });
  const set = (...keys: string[]): void => {
    owner.groups = keys.map(group);
    joined.rejoin();
  };
  return { joined, set, proved, changes };
}

const welcome = { schedulerId: '1'.repeat(64), challenge: '2'.repeat(64) } as Welcome;

test('the groups that were set last are named, even if the keys of earlier ones take longer', async () => {
  const { joined, set, changes } = createGroups('idle');
  set('z');
  await vi.waitFor(() => expect(changes.count).toBe(1), 10_000);
  set(...'abcdefgh');
  set('z');
  await vi.waitFor(() => expect(changes.count).toBe(3), 10_000);
  expect(joined.named).toMatchObject([{ key: 'z' }]);
});

test('a group that is set while the connection is greeted is proved over it', async () => {
  const { joined, set, proved } = createGroups('connecting');
  await joined.greet(welcome, () => Promise.resolve({}));
  set('lab');
  await vi.waitFor(() => expect(proved).toEqual(['lab']), 10_000);
});

/**
 * An offer pays only for jobs of the owner that it names, over a connection that has proved this owner's address.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId, toHex } from '../lib/crypto/ids.js';
import { encodeJobPackage, packageDigest } from '../protocol/job/job-package-codec.js';
import type { WireOffer } from '../protocol/messages/messages.js';
import {
  PLAIN_PACKAGE,
  SchedulerFixture,
  type TestConnection,
} from '../testing/scheduler/scheduler-fixture.js';
import { Keystore } from '../wallet/keystore.js';
import { signOffer } from '../wallet/offer.js';
import { signChallenge } from '../wallet/session-proof.js';

const PACKAGE = encodeJobPackage(PLAIN_PACKAGE);

let fixture: SchedulerFixture;
let payer: Keystore;
beforeEach(async () => {
  fixture = await SchedulerFixture.start();
  payer = await Keystore.create();
  await fixture.core.commitQueue.submit('mint', {
    account: payer.address,
    amount: 1_000n,
    mintId: newId(fixture.random),
  });
});
afterEach(() => fixture.close());

interface Deployer {
  identity: Keystore;
  connection: TestConnection;
}

async function deployer(): Promise<Deployer> {
  const identity = await Keystore.create();
  const connection = fixture.connect({ role: 'deployer' });
  const { schedulerId, challenge } = await connection.waitForMessage((m) => m.type === 'welcome');
  const signature = await signChallenge(identity, { schedulerId, challenge });
  const { address } = identity;
  await connection.request({ type: 'session.prove', id: 1, address, signature });
  return { identity, connection };
}

/** An offer as the deployer signs it, and as an eavesdropper reads it. */
function offerFor({ identity }: Deployer, ceiling = 100n): Promise<WireOffer> {
  return signOffer(payer, {
    schedulerId: fixture.store.schedulerId,
    owner: identity.address,
    packageDigest: packageDigest(PACKAGE),
    pricePerSlice: 1n,
    ceiling,
    acceptBeforeMs: fixture.clock.wallMs() + 60_000,
    nonce: toHex(fixture.random.bytes(32)),
  });
}

const deploy = (
  { connection }: Deployer,
  offer: WireOffer,
  id: number,
): ReturnType<TestConnection['request']> =>
  connection.request({ type: 'job.deploy', id, jobId: newId(fixture.random), package: PACKAGE, offer });

test('an intercepted offer is refused for a job of another owner, and stays valid for its own', async () => {
  const [owner, thief] = [await deployer(), await deployer()];
  const offer = await offerFor(owner);
  expect(await deploy(thief, offer, 2)).toMatchObject({ refused: { code: 'OFFER_MISMATCH' } });
  const forged = { ...offer, owner: thief.identity.address };
  expect(await deploy(thief, forged, 3)).toMatchObject({ refused: { code: 'OFFER_SIGNATURE_INVALID' } });
  expect((await deploy(owner, offer, 2)).refused).toBeUndefined();
});

test('an intercepted top-up is refused for a job of another owner', async () => {
  const [owner, thief] = [await deployer(), await deployer()];
  const jobId = newId(fixture.random);
  const offer = await offerFor(thief);
  const { connection } = thief;
  const deployed = await connection.request({ type: 'job.deploy', id: 2, jobId, package: PACKAGE, offer });
  expect(deployed.refused).toBeUndefined();
  const topUp = await offerFor(owner, 500n);
  expect(await connection.request({ type: 'job.topup', id: 3, jobId, offer: topUp })).toMatchObject({
    refused: { code: 'OFFER_MISMATCH' },
  });
});

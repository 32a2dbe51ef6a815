import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { createDeployerFixture, waitUntil } from '../../testing/deployer/deployer-fixture.js';
import { recoverOffer } from '../../wallet/offer.js';
import { Keystore } from '../../wallet/keystore.js';
import { resolveOffer } from './payment.js';

const CREDIT = 10n ** 9n;

describe('a payment offer', () => {
  it('is free by default', () => {
    expect(resolveOffer(0, undefined)).toEqual({ pricePerSlice: 0n, ceiling: 0n, acceptMs: 600_000 });
  });

  it('has a default ceiling of the price times the slices', () => {
    expect(resolveOffer('0.25', 8)).toMatchObject({ pricePerSlice: CREDIT / 4n, ceiling: 2n * CREDIT });
    expect(resolveOffer({ pricePerSlice: 1, ceiling: '3.5', acceptMs: 5 }, undefined)).toEqual({
      pricePerSlice: CREDIT,
      ceiling: (35n * CREDIT) / 10n,
      acceptMs: 5,
    });
  });

  it("names the price by DCP's maxPerRequest too", () => {
    const offer = resolveOffer({ maxPerRequest: 1, ceiling: 5 }, undefined);
    expect(offer).toMatchObject({ pricePerSlice: CREDIT, ceiling: 5n * CREDIT });
  });

  it.each([
    [{ pricePerSlice: 1, maxPerRequest: 2 }, 3, /one of the two/],
    [1, undefined, /ceiling/],
    [-1, 3, /at least 0/],
    [NaN, 3, /decimal/],
    [{}, 3, /price/],
    [null, 3, /price/],
    [{ pricePerSlice: 1, acceptMs: 0 }, 3, /acceptMs/],
  ])('is rejected as %j for %j slices', (offer, slices, text) => {
    expect(() => resolveOffer(offer as number, slices)).toThrowError(text);
  });

  it('is signed by the account for this package and this scheduler', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    const { clock, store } = await scheduler.started();
    await scheduler.mint((await wallet.get()).address, 2n * CREDIT);
    await deployer.computeFor([1, 2, 3, 4], (x: number) => x).deploy(0.5);
    const [offer] = scheduler.offers;
    const { packageDigest } = await import('../../protocol/job/job-package-codec.js');
    expect(offer).toMatchObject({
      account: (await wallet.get()).address,
      packageDigest: packageDigest(scheduler.tap.requestsOfType('job.deploy')[0]!.package),
      pricePerSlice: CREDIT / 2n,
      ceiling: 2n * CREDIT,
    });
    expect(await recoverOffer(offer!, store.schedulerId)).toBe(offer!.account);
    // The time is that of the scheduler's clock, not of this machine.
    expect(offer!.acceptBeforeMs).toBeGreaterThan(clock.wallMs() + 500_000);
    expect(offer!.acceptBeforeMs).toBeLessThan(clock.wallMs() + 700_000);
  });

  it('is signed with a given keystore, even for a free job', async () => {
    const { scheduler, deployer } = createDeployerFixture();
    const keystore = await Keystore.create();
    await deployer.computeFor([1], (x: number) => x).deploy(0, keystore);
    expect(scheduler.offers[0]).toMatchObject({ account: keystore.address, pricePerSlice: 0n });
  });

  it('is not signed at all by default', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    await deployer.computeFor([1], (x: number) => x).deploy();
    expect(scheduler.offers).toEqual([]);
    expect(await wallet.list()).toEqual(['id']);
  });

  it('needs a ceiling for an open job, which can be raised', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    const make = () => {
      const job = deployer.computeFor([1], (x: number) => x);
      job.autoClose = false;
      return job;
    };
    await expect(make().exec(1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(scheduler.tap.connectionAttempts).toBe(0);
    await scheduler.mint((await wallet.get()).address, 20n * CREDIT);
    const job = make();
    await job.deploy({ pricePerSlice: 1, ceiling: 5 });
    await job.topUp(20);
    const [first, second] = scheduler.offers;
    expect(second).toMatchObject({ ceiling: 20n * CREDIT, pricePerSlice: CREDIT, account: first!.account });
    expect(second!.packageDigest).toBe(first!.packageDigest);
    expect(second!.nonce).not.toBe(first!.nonce);
  });

  it('is valid for acceptMs after the scheduler’s clock was set on an open connection', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    const { clock } = await scheduler.started();
    await scheduler.mint((await wallet.get()).address, 20n * CREDIT);
    const first = deployer.computeFor([1], (x: number) => x);
    first.autoClose = false;
    await first.deploy({ pricePerSlice: 1, ceiling: 5, acceptMs: 60_000 });
    clock.shiftWall(3_600_000);
    await first.topUp(20);
    const { acceptBeforeMs } = scheduler.offers.at(-1)!;
    expect(acceptBeforeMs - clock.wallMs()).toBeGreaterThan(50_000);
    // The scheduler's virtual clock does not advance, and that of the deployer does.
    expect(acceptBeforeMs - clock.wallMs()).toBeLessThan(120_000);
  });

  it('comes from an account whose balance can be requested', async () => {
    const { scheduler, deployer, wallet } = createDeployerFixture();
    const { address } = await wallet.get();
    await scheduler.mint(address, 5n);
    expect(await deployer.getAccount()).toEqual({ address, balance: 5n, escrow: 0n, earned: 0n });
  });

  it('that exceeds the account’s balance emits `nofunds` and ends the job', async () => {
    const { deployer } = createDeployerFixture();
    const job = deployer.computeFor([1], (x: number) => x);
    const reasons: string[] = [];
    job.on('nofunds', ({ reason }) => reasons.push(reason));
    const error: unknown = await job.exec(1).catch((e: unknown) => e);
    expect(isError(error, 'OFFER_UNDERFUNDED')).toBe(true);
    await waitUntil(() => reasons.length === 1);
  });
});

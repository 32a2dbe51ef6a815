import { expect, it } from 'vitest';
import { networksOf, ConnectionLimiter } from './connection-limiter.js';

/** Opens sockets until one is refused, and returns their number. */
function fill(limiter: ConnectionLimiter, address: string): number {
  let opened = 0;
  while (limiter.acquire(address)) opened += 1;
  return opened;
}

/** The numbers of sockets that these addresses get, one after the other. */
const fillAll = (limiter: ConnectionLimiter, addresses: string[]): number =>
  addresses.reduce((sum, address) => sum + fill(limiter, address), 0);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

it('the connection limiter gives one address at most three quarters, and reserves an eighth for addresses with few sockets', () => {
  const limiter = new ConnectionLimiter(9_600);
  expect(fill(limiter, '10.0.0.1')).toBe(7_200);
  expect(fill(limiter, '10.0.0.2')).toBe(1_200);
  expect(limiter.acquire('10.0.0.1')).toBe(false);
  // Twelve at first, then fewer for each later address, but at least one.
  expect(fill(limiter, '10.0.0.3')).toBe(12);
  expect(
    fillAll(
      limiter,
      numbers(100).map((i) => `10.0.1.${i}`),
    ),
  ).toBeLessThan(800);
  expect(numbers(250).every((i) => limiter.acquire(`10.0.2.${i}`))).toBe(true);
});

it('the connection limiter never accepts more sockets than its maximum', () => {
  const limiter = new ConnectionLimiter(10);
  for (let i = 0; i < 10; i++) expect(limiter.acquire(`10.0.0.${i}`)).toBe(true);
  expect(limiter.acquire('10.0.1.0')).toBe(false);
  expect(limiter.total).toBe(10);
});

it('the connection limiter shares a small capacity equally until it is full', () => {
  const limiter = new ConnectionLimiter(8);
  expect(fill(limiter, '10.0.0.1')).toBe(6);
  expect(limiter.acquire('10.0.0.2')).toBe(true);
  expect(limiter.acquire('10.0.0.1')).toBe(false);
  expect(limiter.acquire('10.0.0.3')).toBe(true);
});

it.each(['10.0.0.1', '2001:db8::1'])(
  'the connection limiter accepts a socket of %s again after another one closed',
  (address) => {
    // A maximum so small that a socket which is not released shows.
    const limiter = new ConnectionLimiter(103);
    const most = fill(limiter, address);
    expect(limiter.total).toBe(most);
    limiter.release(address);
    limiter.release(address);
    expect(limiter.total).toBe(most - 2);
    expect(fill(limiter, address)).toBe(2);
    for (let i = 0; i < most; i++) limiter.release(address);
    expect(limiter.total).toBe(0);
    expect(fill(limiter, address)).toBe(most);
  },
);

const MAX = 12_000;

it('the connection limiter gives a /64 half, and leaves a share to its neighbours', () => {
  const limiter = new ConnectionLimiter(MAX);
  expect(fill(limiter, '2001:db8:1:0::1')).toBe(6_000);
  expect(limiter.acquire('2001:db8:1:0::2')).toBe(false);
  expect(limiter.acquire('2001:db8:1:1::1')).toBe(true);
});

it('the connection limiter gives a /56 two thirds, and leaves a share to others of its /48', () => {
  const limiter = new ConnectionLimiter(MAX);
  const all = numbers(256).map((i) => `2001:db8:1:12${i.toString(16).padStart(2, '0')}::1`);
  expect(fillAll(limiter, all)).toBe(8_000);
  expect(limiter.acquire('2001:db8:1:1300::1')).toBe(true);
});

it('the connection limiter gives a /48 no more than an IPv4 address, and accepts all others', () => {
  const limiter = new ConnectionLimiter(MAX);
  const all = numbers(65_536).map((i) => `2001:db8:1:${i.toString(16)}::1`);
  expect(fillAll(limiter, all)).toBe(9_000);
  expect(limiter.acquire('2001:db8:2::1')).toBe(true);
  expect(limiter.acquire('10.0.0.1')).toBe(true);
});

it('a hundred /48 networks cannot fill it', () => {
  const limiter = new ConnectionLimiter(MAX);
  for (const i of numbers(100)) {
    for (const j of numbers(256)) fill(limiter, `2001:db8:${i.toString(16)}:${(j * 257).toString(16)}::1`);
  }
  for (const i of numbers(100)) expect(limiter.acquire(`10.0.0.${i}`)).toBe(true);
});

it.each([
  ['127.0.0.1', ['127.0.0.1']],
  ['::ffff:10.1.2.3', ['10.1.2.3']],
  ['::1', ['0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48']],
  ['::', ['0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48']],
  ['2001:db8:1:2345:3:4:5:6', ['2001:db8:1:2345::/64', '2001:db8:1:2300::/56', '2001:db8:1::/48']],
  ['2001:db8:1:2::6', ['2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48']],
  ['2001:db8::6', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['fe80::a:b:c:d%eth0', ['fe80:0:0:0::/64', 'fe80:0:0:0::/56', 'fe80:0:0::/48']],
  ['2001:db8:1:ff02:3:4:5::', ['2001:db8:1:ff02::/64', '2001:db8:1:ff00::/56', '2001:db8:1::/48']],
])('the connection limiter finds the networks of %s', (address, names) => {
  expect(networksOf(address).map(({ name }) => name)).toEqual(names);
});

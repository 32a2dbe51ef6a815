import { describe, expect, it } from 'vitest';
import { defaultSettings, LISTED_MAX, readAddress, readGroup, readOrigin, readSettings } from './settings.js';

const OWNER = `0x${'AB'.repeat(20)}`;

describe('readSettings', () => {
  it('valid settings are read as they were stored', () => {
    const chosen = {
      ...defaultSettings(8),
      cores: 3,
      share: 0.5,
      payment: { to: 'address', address: OWNER.toLowerCase() },
      groups: [{ key: 'lab', secretHash: 'ab'.repeat(32) }],
      blockedJobs: [{ id: 'A'.repeat(22), name: 'x' }],
      theme: 'dark',
      language: 'de',
    };
    expect(readSettings(JSON.parse(JSON.stringify(chosen)), 8)).toEqual(chosen);
  });

  it.each([undefined, null, 'text', 7, [], { cores: 'many', share: NaN, groups: 'x', payment: 4 }])(
    'makes defaults of %j',
    (stored) => {
      expect(readSettings(stored, 4)).toEqual(defaultSettings(4));
    },
  );

  it('limits numbers in settings to what this machine has', () => {
    const read = readSettings({ cores: 64, share: 0, mebibytesPerDay: 1e12 }, 4);
    expect([read.cores, read.share, read.mebibytesPerDay]).toEqual([4, 0.1, 1_000_000]);
  });

  it('drops invalid addresses, jobs and groups from stored settings', () => {
    const read = readSettings(
      { blockedOwners: [OWNER, 'x', 1], blockedJobs: [{ id: '!' }], groups: [{ key: '' }, null] },
      4,
    );
    expect([read.blockedOwners, read.blockedJobs, read.groups]).toEqual([[OWNER.toLowerCase()], [], []]);
  });

  it('keeps the newest entries of a stored list that is too long', () => {
    const blockedOwners = Array.from(
      { length: LISTED_MAX + 1 },
      (_, i) => `0x${String(i).padStart(40, '0')}`,
    );
    const read = readSettings({ blockedOwners }, 4);
    expect(read.blockedOwners).toEqual(blockedOwners.slice(1));
  });

  it.each([
    ['22:00-07:00', '22:00-07:00'],
    ['07:00-07:00', ''],
    ['24:00-07:00', ''],
    ['7-8', ''],
    [7, ''],
  ])('reads the hours %j as "%s"', (hours, expected) => {
    expect(readSettings({ hours }, 4).hours).toBe(expected);
  });

  it.each([
    ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed', '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed'],
    ['0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD', undefined],
    ['0x12', undefined],
  ])('reads the address %s as %s: its capitals are a checksum', (text, expected) => {
    expect(readAddress(text)).toBe(expected);
  });

  it('leaves one core free by default on a machine that has more than one', () => {
    expect([1, 2, 8].map((cores) => defaultSettings(cores).cores)).toEqual([1, 1, 7]);
  });
});

it.each([
  ['data.example.org', 'https://data.example.org'],
  ['https://data.example.org/', 'https://data.example.org'],
  ['https://data.example.org/path', undefined],
  ['https://data.example.org/?all', undefined],
  ['nonsense', undefined],
  ['*.example.org', undefined],
  ['https://[2001:db8::1]', 'https://[2001:db8::1]'],
  ['https://192.0.2.7:8443', 'https://192.0.2.7:8443'],
  ['http://localhost:9000', 'http://localhost:9000'],
  ['http://example.org', undefined],
  ['ftp://example.org', undefined],
  ['', undefined],
  [`https://${'a'.repeat(284)}.example`, `https://${'a'.repeat(284)}.example`],
  [`https://${'a'.repeat(285)}.example`, undefined],
])('the settings reads the origin %j as %j', (text, origin) => {
  expect(readOrigin(text)).toBe(origin);
});

it('the settings prefers a group’s secretHash to its secret', () => {
  const secretHash = '0'.repeat(64);
  expect(readGroup({ key: 'lab', secret: 's', secretHash })).toEqual({ key: 'lab', secretHash });
  expect(readGroup({ key: 'lab', secret: 's' })).toEqual({ key: 'lab', secret: 's' });
  expect(readGroup({ key: 'open' })).toEqual({ key: 'open' });
  // A longer one would keep the worker from starting.
  expect(readGroup({ key: 'k'.repeat(129) })).toBeUndefined();
});

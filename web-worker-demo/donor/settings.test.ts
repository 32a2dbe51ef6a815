import { describe, expect, it } from 'vitest';
import { defaultSettings, readGroup, readOrigin, readSettings } from './settings.js';

const OWNER = `0x${'Ab'.repeat(20)}`;

describe('readSettings', () => {
  it('keeps what fits', () => {
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

  it('brings numbers within what this machine has', () => {
    const read = readSettings({ cores: 64, share: 0, mebibytesPerDay: 1e12 }, 4);
    expect([read.cores, read.share, read.mebibytesPerDay]).toEqual([4, 0.1, 1_000_000]);
  });

  it('drops what is no address, job or group', () => {
    const read = readSettings(
      { blockedOwners: [OWNER, 'x', 1], blockedJobs: [{ id: '!' }], groups: [{ key: '' }, null] },
      4,
    );
    expect([read.blockedOwners, read.blockedJobs, read.groups]).toEqual([[OWNER.toLowerCase()], [], []]);
  });

  it('leaves a core to the owner of a machine that has more than one', () => {
    expect([1, 2, 8].map((cores) => defaultSettings(cores).cores)).toEqual([1, 1, 7]);
  });
});

it.each([
  ['data.example.org', 'https://data.example.org'],
  ['https://data.example.org/', 'https://data.example.org'],
  ['https://data.example.org/path', undefined],
  ['https://data.example.org/?all', undefined],
  ['nonsense', undefined],
  ['http://localhost:9000', 'http://localhost:9000'],
  ['http://example.org', undefined],
  ['ftp://example.org', undefined],
  ['', undefined],
  [`https://${'a'.repeat(284)}.example`, `https://${'a'.repeat(284)}.example`],
  [`https://${'a'.repeat(285)}.example`, undefined],
])('reads the origin %j as %j', (text, origin) => {
  expect(readOrigin(text)).toBe(origin);
});

it('takes a hash before a secret', () => {
  const secretHash = '0'.repeat(64);
  expect(readGroup({ key: 'lab', secret: 's', secretHash })).toEqual({ key: 'lab', secretHash });
  expect(readGroup({ key: 'lab', secret: 's' })).toEqual({ key: 'lab', secret: 's' });
  expect(readGroup({ key: 'open' })).toEqual({ key: 'open' });
});

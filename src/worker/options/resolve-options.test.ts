import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { sha256Hex } from '../../lib/crypto/sha256.js';
import { resolveWorkerOptions } from './resolve-options.js';
import type { WorkerOptions } from './resolve-options.js';

const DEFAULTS = { scheduler: 'http://localhost:8462', isolation: 'thread', cores: 4 } as const;
const ADDRESS = `0x${'Ab'.repeat(20)}`;
const resolve = (options: WorkerOptions) => resolveWorkerOptions(options, DEFAULTS);

describe('the options of a worker', () => {
  it('default to those of the environment', () => {
    const { scheduler, isolation, cores, owners, name } = resolve({});
    expect({ scheduler: scheduler.socket, isolation, cores, owners, name }).toEqual({
      scheduler: 'ws://localhost:8462/socket',
      isolation: 'thread',
      cores: 4,
      owners: undefined,
      name: 'worker',
    });
  });

  it('are frozen and normalized', () => {
    const resolved = resolve({ paymentAddress: ADDRESS, owners: [ADDRESS], minimumPrice: 5n });
    expect(resolved).toMatchObject({
      paymentAddress: ADDRESS.toLowerCase(),
      owners: [ADDRESS.toLowerCase()],
    });
    expect(Object.isFrozen(resolved)).toBe(true);
  });

  it('accept the former name of authorize, but not both names', () => {
    const authorize = (): boolean => true;
    expect(resolve({ admit: authorize })).toMatchObject({ authorize });
    expect(() => resolve({ admit: authorize, authorize })).toThrow(/authorize and admit/);
  });

  it('never contain the secret of a group', () => {
    const groups = [{ joinKey: 'lab', joinSecret: 'hush' }, { joinKey: 'public' }];
    const formerly = [{ key: 'lab', secret: 'hush' }, { key: 'public' }];
    const expected = [
      { key: 'lab', secretHash: sha256Hex(new TextEncoder().encode('hush')) },
      { key: 'public' },
    ];
    expect(resolve({ groups }).groups).toEqual(expected);
    expect(resolve({ groups: formerly }).groups).toEqual(expected);
    try {
      resolve({ groups: [{ joinKey: 'lab', joinSecret: 'hush', joinHash: 'x' }] });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hush');
    }
  });

  it.each([
    [
      { joinHash: 'hush' },
      'the joinHash of the group lab must be 64 hexadecimal digits; it is a string of 4 characters.',
    ],
    [{ joinSecret: 5 }, 'the joinSecret of the group lab must be a string; it is of the type number.'],
    [
      { joinSecret: undefined },
      'the joinSecret of the group lab must be a string; it is of the type undefined.',
    ],
  ])('describe the wrong secret of a group without its value: %j', (secret, text) => {
    const groups = [{ joinKey: 'lab', ...secret }] as never;
    expect(() => resolve({ groups })).toThrow(text);
  });

  it('have at least one core if the environment reports none', () => {
    expect(resolveWorkerOptions({}, { ...DEFAULTS, cores: NaN }).cores).toBe(1);
    expect(resolveWorkerOptions({}, { ...DEFAULTS, cores: 10_000 }).cores).toBe(128);
  });

  it('reject an unknown name and list the known ones', () => {
    try {
      resolve({ core: 4 } as WorkerOptions);
      expect.unreachable();
    } catch (error) {
      expect(isError(error, 'UNKNOWN_OPTION')).toBe(true);
      expect((error as Error).message).toMatch(/'core'.*cores/);
    }
  });

  const wrong: [string, unknown][] = [
    ['isolation', 'none'],
    ['cores', 0],
    ['cores', 1.5],
    ['cores', '4'],
    ['cores', 129],
    ['paymentAddress', '0x12'],
    ['owners', ADDRESS],
    ['owners', ['me']],
    ['jobs', ['short']],
    ['groups', 'public'],
    ['groups', [{ key: '' }]],
    ['groups', [null]],
    ['groups', [{ key: 'lab', secret: 5 }]],
    ['groups', [{ key: 'lab', secretHash: 'zz' }]],
    ['minimumPrice', 5],
    ['minimumPrice', -1n],
    ['name', ''],
    ['signal', {}],
    ['scheduler', 'ftp://x'],
  ];
  it.each(wrong)('reject %s: %s', (option, value) => {
    try {
      resolve({ [option]: value });
      expect.unreachable();
    } catch (error) {
      expect(isError(error, 'INVALID_ARGUMENT')).toBe(true);
      expect((error as Error).message).toMatch(
        option === 'scheduler' ? /scheduler/ : new RegExp(`option ${option}`),
      );
    }
  });

  it('reject a value that is not an object', () => {
    expect(() => resolve(null as never)).toThrow(/object/);
  });
});

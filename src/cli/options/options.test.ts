import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  dataDirOption,
  jobIdArgument,
  schedulerOption,
  prefixDashedIds,
  removePrefix,
  wholeNumber,
} from './options.js';

const ID = 'abcdefghijklmnopqrstu_';
const DASHED = `-${ID.slice(1)}`;

beforeEach(() => {
  vi.stubEnv('MANYHANDS_SCHEDULER', undefined);
  vi.stubEnv('MANYHANDS_HOME', '/there');
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('--scheduler', () => {
  it('is MANYHANDS_SCHEDULER, or the default if that is unset or empty', () => {
    expect(schedulerOption().defaultValue).toBe('http://localhost:8462');
    vi.stubEnv('MANYHANDS_SCHEDULER', '');
    expect(schedulerOption().defaultValue).toBe('http://localhost:8462');
    vi.stubEnv('MANYHANDS_SCHEDULER', 'http://there:1');
    expect(schedulerOption().defaultValue).toBe('http://there:1');
  });
});

describe('--data-dir', () => {
  it('is a folder in MANYHANDS_HOME, or in ~/.manyhands if that is empty', () => {
    expect(dataDirOption('which').defaultValue).toBe('/there/scheduler');
    vi.stubEnv('MANYHANDS_HOME', '');
    expect(dataDirOption('which').defaultValue).toMatch(/\.manyhands\/scheduler$/);
  });
});

describe('a job id', () => {
  it('is accepted if it is well-formed', () => {
    const read = jobIdArgument().parseArg!;
    expect(read(ID, undefined)).toBe(ID);
    for (const wrong of ['', 'my-job', `${ID}a`, `${ID.slice(1)}!`]) {
      expect(() => read(wrong, undefined)).toThrow('An id has 22 letters');
    }
  });

  it('may begin with a dash in any position', () => {
    const read = jobIdArgument().parseArg!;
    for (const args of [
      ['job', 'topup', DASHED, '1'],
      ['job', 'list', '--after', DASHED],
      ['operator', 'evict', DASHED, '--reason', 'x'],
    ]) {
      const prefixed = prefixDashedIds(args);
      expect(prefixed.some((arg) => arg.startsWith('-') && arg !== '--after' && arg !== '--reason')).toBe(
        false,
      );
      expect(prefixed.map(removePrefix)).toEqual(args);
      expect(
        read(
          prefixed.find((arg) => removePrefix(arg) === DASHED)!,
          undefined,
        ),
      ).toBe(DASHED);
    }
  });

  it('is the only argument that gets the prefix', () => {
    for (const args of [['job', 'status', ID, '--json'], ['worker', '--leave-public-groups'], []]) {
      expect(prefixDashedIds(args)).toEqual(args);
    }
  });
});

describe('a whole number', () => {
  const read = wholeNumber(1, 20);

  it.each([
    ['1', 1],
    ['20', 20],
    ['007', 7],
  ])('is %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each(['', ' ', '0', '21', '-1', '1.5', '1e1', '0x10', 'two', 'Infinity'])('is not "%s"', (text) => {
    expect(() => read(text)).toThrow('It must be a whole number from 1 to 20.');
  });
});

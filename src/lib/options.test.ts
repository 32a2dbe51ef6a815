import { describe, expect, it } from 'vitest';
import { isError, type ManyhandsError } from './errors.js';
import { nearestName, readOptions } from './options.js';

interface Offer {
  pricePerSlice: number;
  ceiling?: number;
}
const read = (given: unknown): object =>
  readOptions<Offer>(given, 'exec', { pricePerSlice: true, ceiling: true });
const refusal = (given: unknown): ManyhandsError => {
  try {
    read(given);
  } catch (error) {
    if (isError(error)) return error;
    throw error;
  }
  throw new Error('was taken');
};

describe('the reader of options', () => {
  it('gives a copy of what it knows', () => {
    const given = { pricePerSlice: 1, ceiling: undefined };
    expect(read(given)).toEqual(given);
    expect(read(given)).not.toBe(given);
    expect(read(undefined)).toEqual({});
    expect(read(Object.create(null))).toEqual({});
  });

  it('names what it does not know, where, and the nearest that there is', () => {
    expect(refusal({ pricePerSlice: 1, celing: 2 })).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: "exec has no option 'celing'. Did you mean 'ceiling'? It has pricePerSlice, ceiling.",
      info: { option: 'celing', where: 'exec', nearest: 'ceiling' },
    });
    expect(refusal({ colour: 2 }).message).toBe(
      "exec has no option 'colour'. It has pricePerSlice, ceiling.",
    );
  });

  it('sees what is inherited, and what a value does when it is read', () => {
    expect(refusal(Object.create({ celing: 1 }) as object).code).toBe('UNKNOWN_OPTION');
    const trap = new Proxy(
      { ceiling: 1 },
      {
        get: () => {
          throw new Error('trap');
        },
      },
    );
    expect(refusal(trap)).toMatchObject({ code: 'INVALID_ARGUMENT', cause: { message: 'trap' } });
  });

  it.each([null, 5, 'text', true, 10n, [], new Map(), new Date(0), () => 1, Symbol('s')])(
    'refuses what is no object of options: %s',
    (given) => {
      expect(refusal(given).code).toBe('INVALID_ARGUMENT');
      expect(refusal(given).message).toContain('exec takes an object of options, { pricePerSlice, ceiling }');
    },
  );

  it.each([
    ['passPhrase', 'passphrase'],
    ['nam', 'name'],
    ['timeoutMs', 'sliceTimeoutMs'],
    ['secret', 'joinSecret'],
    ['stepp', 'step'],
    ['colour', undefined],
  ])('takes %s for %s', (written, meant) => {
    const known = ['passphrase', 'name', 'sliceTimeoutMs', 'joinSecret', 'step'];
    expect(nearestName(written, known)).toBe(meant);
  });
});

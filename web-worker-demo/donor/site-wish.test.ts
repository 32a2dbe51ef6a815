import { describe, expect, it } from 'vitest';
import { optionsOf } from './donor-worker.js';
import { openPageStore } from './page-store.js';
import { defaultSettings } from './settings.js';
import { narrow, readWish, type Wish } from './site-wish.js';
import { StandingConsent } from './standing-consent.js';

const LAB = { key: 'lab', secret: 'sesame' };
const SEA = { key: 'sea', secret: 'salt' };

const asked = (join: string | undefined, onlyGroups: boolean) =>
  readWish({
    to: 'manyhands-embed',
    type: 'configure',
    autostart: false,
    onlyGroups,
    ...(join === undefined ? {} : { join }),
  });

it('reads groups of a site, and takes none of a list with a mistake in it', () => {
  expect(asked('lab,sesame sea,salt', false).groups).toEqual([LAB, SEA]);
  expect(asked('lab,sesame %zz,x', false).groups).toEqual([]);
});

it.each([undefined, '', ' ', '%%%', 'my lab,secret', ',secret'])(
  'with only-groups and join=%j everything rests, and nobody else’s jobs run',
  (join) => {
    expect(asked(join, true)).toMatchObject({ groups: [], onlyGroups: true, rest: true });
    expect(asked(join, false).rest).toBeUndefined();
  },
);

describe('what is in force while it runs', () => {
  const agreed: Wish = { cores: 2, share: undefined, groups: [LAB, SEA], onlyGroups: false };

  it('is less where the site asks for less', () => {
    const now: Wish = { cores: 1, share: 0.5, bytesPerDay: 10, groups: [SEA], onlyGroups: true };
    expect(narrow(agreed, now)).toEqual(now);
  });

  it('is never more than what the visitor saw', () => {
    const now: Wish = { groups: [SEA, { key: 'other' }], onlyGroups: false };
    expect(narrow({ ...agreed, groups: [LAB] }, now)).toMatchObject({ cores: 2, groups: [] });
    expect(narrow({ ...agreed, onlyGroups: true }, { ...now, cores: 8 })).toMatchObject({
      cores: 2,
      onlyGroups: true,
    });
  });
});

describe('where nothing is left that both want', () => {
  const settings = defaultSettings(4);
  const ofLab: Wish = { groups: [LAB], onlyGroups: true };
  const everybodys: Wish = { groups: [], onlyGroups: false };

  it.each([
    ['the site takes its group away', ofLab, { ...everybodys, onlyGroups: true }],
    ['the site wants everybody’s jobs', ofLab, everybodys],
    ['the site wants another group', ofLab, { groups: [SEA], onlyGroups: true }],
    ['the site wants a group alone after everybody’s jobs', everybodys, ofLab],
  ])('it rests, in what was agreed to: %s', (_, agreed, now) => {
    const limits = narrow(agreed, now);
    expect(limits).toMatchObject({ ...agreed, rest: true });
    expect(optionsOf(settings, undefined, limits).groups).toEqual(
      optionsOf(settings, undefined, agreed).groups,
    );
  });

  it('runs on where everybody’s jobs are left', () => {
    const both: Wish = { groups: [LAB], onlyGroups: false };
    expect(narrow(both, asked('', false))).toMatchObject(everybodys);
    // Groups alone and none named is nothing, and not everybody's jobs.
    expect(narrow(both, asked('', true))).toMatchObject({ ...both, rest: true });
    expect(narrow(both, ofLab)).toEqual(ofLab);
  });
});

describe('a worker in a site', () => {
  const settings = { ...defaultSettings(4), mebibytesPerDay: 1 };

  it('has the site’s groups beside its owner’s, and the smaller caps', () => {
    const own = { ...settings, groups: [{ key: 'lab', secretHash: 'a'.repeat(64) }] };
    const { groups, bytesPerDay } = optionsOf(own, undefined, { groups: [LAB, SEA], bytesPerDay: 1_000 });
    expect(groups).toEqual([{ key: 'public' }, own.groups[0], SEA]);
    expect(bytesPerDay).toBe(1_000);
    expect(optionsOf(own, undefined, { bytesPerDay: 1e12 }).bytesPerDay).toBe(1_048_576);
  });

  it('runs jobs for everybody where groups alone are wanted and there is none', () => {
    expect(optionsOf(settings, undefined, { groups: [LAB], onlyGroups: true }).groups).toEqual([LAB]);
    expect(optionsOf(settings, undefined, { groups: [], onlyGroups: true }).groups).toBeUndefined();
  });
});

it('keeps a word that was given for one site and what it asked for then', () => {
  const kept = new Map<string, string>();
  const store = openPageStore(
    () =>
      ({
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => void kept.set(key, value),
        removeItem: (key: string) => void kept.delete(key),
      }) as Storage,
  );
  const consent = new StandingConsent(store);
  const site = 'https://site.example';
  const asked: Wish = { cores: 1, groups: [LAB], onlyGroups: true };
  expect(consent.given(site)).toBeUndefined();
  consent.give(site, asked);
  expect(consent.given('https://other.example')).toBeUndefined();
  expect(consent.given(undefined)).toBeUndefined();

  // What the site asks for later is cut to what it asked for then.
  const more: Wish = { groups: [{ ...LAB, secret: 'new' }, SEA], onlyGroups: false };
  const starts = (now: Wish): Wish => narrow(consent.given(site, now.groups)!, now);
  expect(starts(more)).toEqual({ cores: 1, groups: [more.groups[0]], onlyGroups: true });
  expect(starts({ groups: [] }).rest).toBe(true);
  expect([...kept.values()].join('')).not.toContain('sesame');

  consent.takeBack(site);
  expect(consent.given(site)).toBeUndefined();
  // Words as they were kept before they had terms.
  store.write('always', [site, { origin: site, groups: ['lab'] }]);
  expect(consent.given(site)).toBeUndefined();
});

import { describe, expect, it } from 'vitest';
import { optionsOf } from './donor-worker.js';
import { openPageStore } from './page-store.js';
import { defaultSettings } from './settings.js';
import { narrow, readSiteRequest, type SiteRequest } from './site-request.js';
import { StandingConsent } from './standing-consent.js';

const LAB = { key: 'lab', secret: 'sesame' };
const SEA = { key: 'sea', secret: 'salt' };

const asked = (join: string | undefined, onlyGroups: boolean) =>
  readSiteRequest({
    to: 'manyhands-embed',
    type: 'configure',
    autostart: false,
    onlyGroups,
    ...(join === undefined ? {} : { join }),
  });

it('the site request reads a site’s groups, and ignores a list with a mistake in it', () => {
  expect(asked('lab,sesame sea,salt', false).groups).toEqual([LAB, SEA]);
  expect(asked('lab,sesame %zz,x', false).groups).toEqual([]);
});

it.each([undefined, '', ' ', '%%%', 'my lab,secret', ',secret'])(
  'with only-groups and join=%j the worker is paused, and no public jobs run',
  (join) => {
    expect(asked(join, true)).toMatchObject({ groups: [], onlyGroups: true, paused: true });
    expect(asked(join, false).paused).toBeUndefined();
  },
);

describe('the terms of a running worker in a site', () => {
  const agreed: SiteRequest = { cores: 2, share: undefined, groups: [LAB, SEA], onlyGroups: false };

  it('follows the site when it requests less', () => {
    const now: SiteRequest = { cores: 1, share: 0.5, bytesPerDay: 10, groups: [SEA], onlyGroups: true };
    expect(narrow(agreed, now)).toEqual(now);
  });

  it('is never more than the visitor agreed to', () => {
    const now: SiteRequest = { groups: [SEA, { key: 'other' }], onlyGroups: false };
    expect(narrow({ ...agreed, groups: [LAB] }, now)).toMatchObject({ cores: 2, groups: [] });
    expect(narrow({ ...agreed, onlyGroups: true }, { ...now, cores: 8 })).toMatchObject({
      cores: 2,
      onlyGroups: true,
    });
  });
});

describe('where the request and the consent have no job in common', () => {
  const settings = defaultSettings(4);
  const ofLab: SiteRequest = { groups: [LAB], onlyGroups: true };
  const everybodys: SiteRequest = { groups: [], onlyGroups: false };

  it.each([
    ['the site takes its group away', ofLab, { ...everybodys, onlyGroups: true }],
    ['the site wants everybody’s jobs', ofLab, everybodys],
    ['the site wants another group', ofLab, { groups: [SEA], onlyGroups: true }],
    ['the site wants a group alone after everybody’s jobs', everybodys, ofLab],
  ])('the worker is paused, in the groups that were agreed to: %s', (_, agreed, now) => {
    const limits = narrow(agreed, now);
    expect(limits).toMatchObject({ ...agreed, paused: true });
    expect(optionsOf(settings, undefined, limits).groups).toEqual(
      optionsOf(settings, undefined, agreed).groups,
    );
  });

  it('continues with public jobs if they are what both have in common', () => {
    const both: SiteRequest = { groups: [LAB], onlyGroups: false };
    expect(narrow(both, asked('', false))).toMatchObject(everybodys);
    // Groups alone and none named is nothing, and not everybody's jobs.
    expect(narrow(both, asked('', true))).toMatchObject({ ...both, paused: true });
    expect(narrow(both, ofLab)).toEqual(ofLab);
  });
});

describe('a worker in a site', () => {
  const settings = { ...defaultSettings(4), mebibytesPerDay: 1 };

  it('has the site’s groups beside the visitor’s, and the smaller limits', () => {
    const own = { ...settings, groups: [{ key: 'lab', secretHash: 'a'.repeat(64) }] };
    const { groups, bytesPerDay } = optionsOf(own, undefined, { groups: [LAB, SEA], bytesPerDay: 1_000 });
    expect(groups).toEqual([{ key: 'public' }, own.groups[0], SEA]);
    expect(bytesPerDay).toBe(1_000);
    expect(optionsOf(own, undefined, { bytesPerDay: 1e12 }).bytesPerDay).toBe(1_048_576);
  });

  it('runs public jobs if only groups are requested and there is none', () => {
    expect(optionsOf(settings, undefined, { groups: [LAB], onlyGroups: true }).groups).toEqual([LAB]);
    expect(optionsOf(settings, undefined, { groups: [], onlyGroups: true }).groups).toBeUndefined();
  });
});

it('the site request keeps consent for one site alone, and for what that site requested at the time', () => {
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
  const asked: SiteRequest = { cores: 1, groups: [LAB], onlyGroups: true };
  expect(consent.termsFor(site)).toBeUndefined();
  consent.grant(site, asked);
  expect(consent.termsFor('https://other.example')).toBeUndefined();
  expect(consent.termsFor(undefined)).toBeUndefined();

  // A later request is limited to what the site requested at the time of consent.
  const more: SiteRequest = { groups: [{ ...LAB, secret: 'new' }, SEA], onlyGroups: false };
  const starts = (now: SiteRequest): SiteRequest => narrow(consent.termsFor(site, now.groups)!, now);
  expect(starts(more)).toEqual({ cores: 1, groups: [more.groups[0]], onlyGroups: true });
  expect(starts({ groups: [] }).paused).toBe(true);
  expect([...kept.values()].join('')).not.toContain('sesame');

  consent.revoke(site);
  expect(consent.termsFor(site)).toBeUndefined();
  // Consent as it was stored before it had terms.
  store.write('always', [site, { origin: site, groups: ['lab'] }]);
  expect(consent.termsFor(site)).toBeUndefined();
});

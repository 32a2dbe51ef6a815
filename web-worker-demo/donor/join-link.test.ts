import { expect, it } from 'vitest';
import { hideSecret, parseJoin } from './join-link.js';

it.each([
  ['#join=lab,sesame', { key: 'lab', secret: 'sesame' }],
  ['#join=my%20lab,a%2Cb%20c', { key: 'my lab', secret: 'a,b c' }],
  ['#join=lab,a,b', { key: 'lab', secret: 'a,b' }],
  ['#join=open', { key: 'open' }],
  ['#join=', undefined],
  [`#join=lab,${'s'.repeat(257)}`, undefined],
  ['#join=%E0%A4%A,x', undefined],
  ['#else', undefined],
  ['', undefined],
])('the parser of join links reads %j as %j', (fragment, group) => {
  expect(parseJoin(fragment)).toEqual(group);
});

it('the parser of join links stores the digest of a group’s secret instead of the secret', async () => {
  expect(await hideSecret({ key: 'lab', secret: 'abc' })).toEqual({
    key: 'lab',
    secretHash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect(await hideSecret({ key: 'open' })).toEqual({ key: 'open' });
});

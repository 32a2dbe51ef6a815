import { expect, it } from 'vitest';
import { readEmbedMessage, readSiteMessage } from './embed-messages.js';

it.each([
  [{ from: 'manyhands-embed', type: 'height', height: 200, more: 1 }, { height: 200 }],
  [{ from: 'manyhands-embed', type: 'payment', jobId: 'x', amount: 5n }, { amount: 5n }],
  [{ from: 'manyhands-embed', type: 'start' }, {}],
])('the check of embedded messages accepts a message with its fields: %#', (message, fields) => {
  const taken = readEmbedMessage(message);
  expect(taken).toMatchObject(fields);
  expect(taken).not.toHaveProperty('more');
});

it.each([
  undefined,
  'text',
  { type: 'start' },
  { from: 'elsewhere', type: 'start' },
  { from: 'manyhands-embed', type: 'constructor' },
  { from: 'manyhands-embed', type: 'height', height: NaN },
  { from: 'manyhands-embed', type: 'height', height: '200' },
  { from: 'manyhands-embed', type: 'payment', jobId: 'x', amount: 0.5 },
])('the check of embedded messages rejects other messages of the embedded document: %#', (message) => {
  expect(readEmbedMessage(message)).toBeUndefined();
});

it('the check of embedded messages accepts valid limits of a site only', () => {
  const configure = { to: 'manyhands-embed', type: 'configure' };
  expect(readSiteMessage({ ...configure, cores: 2.7, share: 3, autostart: 'yes' })).toMatchObject({
    cores: 2,
    share: 1,
    autostart: false,
  });
  expect(readSiteMessage({ ...configure, cores: 0, share: -1 })).toMatchObject({
    cores: undefined,
    share: undefined,
  });
  expect(readSiteMessage({ ...configure, bytesPerDay: 10.5, join: 'lab,x', askFirst: true })).toMatchObject({
    bytesPerDay: 10,
    join: 'lab,x',
    askFirst: true,
    onlyGroups: false,
  });
  expect(
    readSiteMessage({ ...configure, bytesPerDay: -1, join: 'x'.repeat(30_000), onlyGroups: 1 }),
  ).toMatchObject({ bytesPerDay: undefined, join: undefined, onlyGroups: false });
  expect(readSiteMessage({ to: 'manyhands-embed', type: 'start' })).toBeUndefined();
  expect(readSiteMessage({ to: 'other', type: 'stop' })).toBeUndefined();
});

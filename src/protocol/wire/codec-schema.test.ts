/**
 * Every message of the catalog, with random fields: valid ones are decoded unchanged, and one wrong field is named.
 * @module
 */
import { Packr } from 'msgpackr';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isError } from '../../lib/errors.js';
import { validMessage, validValue, wrongFields } from '../../testing/message-arbitraries.js';
import { MESSAGE_CATALOG, type MessageDeclaration } from '../messages/catalog.js';
import type { RequestType } from '../messages/messages.js';
import { decodeClientMessage, decodeReply, decodeSchedulerMessage } from './codec.js';

const packr = new Packr({ useRecords: false, variableMapSize: true });
const pack = (value: unknown): Uint8Array => new Uint8Array(packr.pack(value));
const RUNS = { numRuns: process.env.DEEP === '1' ? 1_000 : 25 };

const decoderOf = ({ sender }: MessageDeclaration): ((bytes: Uint8Array) => object) =>
  sender === 'client' ? decodeClientMessage : decodeSchedulerMessage;

/** The code and the path of the error of `act`. */
function errorOf(act: () => unknown): { code: string; path: unknown } | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (!isError(error)) throw error;
    return { code: error.code, path: (error.info as { path?: unknown }).path };
  }
}

const messages = MESSAGE_CATALOG.map((declaration) => [declaration.type, declaration] as const);

describe.each(messages)('the message %s', (type, declaration) => {
  const decode = decoderOf(declaration);

  it('is decoded unchanged where it is valid', () => {
    fc.assert(
      fc.property(validMessage(declaration), (message) => {
        expect(decode(pack(message))).toEqual(message);
      }),
      RUNS,
    );
  });

  it('is refused with the path of the only field that is wrong', () => {
    fc.assert(
      fc.property(validMessage(declaration), (message) => {
        for (const { path, what, value } of wrongFields(declaration.fields, message)) {
          if (path === '') continue;
          const wrong = pack({ ...(value as object), type, ...('id' in message && { id: message.id }) });
          const error = errorOf(() => decode(wrong));
          const isOtherVersion = error?.code === 'PROTOCOL_VERSION' && path === 'protocol';
          if (!isOtherVersion) expect(error, `${path} ${what}`).toEqual({ code: 'MESSAGE_MALFORMED', path });
        }
      }),
      RUNS,
    );
  });
});

const replies = MESSAGE_CATALOG.flatMap(({ type, reply }) =>
  reply === undefined ? [] : [[type as RequestType, reply] as const],
);

describe.each(replies)('the reply to %s', (type, schema) => {
  it('is accepted unchanged where it is valid, and refused with the path of the only field that is wrong', () => {
    fc.assert(
      fc.property(validValue(schema), (body) => {
        expect(decodeReply(type, body)).toEqual(body);
        for (const { path, what, value } of wrongFields(schema, body)) {
          expect(
            errorOf(() => decodeReply(type, value)),
            `${path} ${what}`,
          ).toEqual({
            code: 'MESSAGE_MALFORMED',
            path,
          });
        }
      }),
      RUNS,
    );
  });
});

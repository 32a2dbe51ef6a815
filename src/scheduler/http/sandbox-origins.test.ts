/**
 * Additional origins of sandbox frames: which values are accepted, and how pages get them.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { allowFrameOrigins, checkSandboxOrigins, addSandboxOrigins } from './sandbox-origins.js';

const ORIGINS = ['https://box1.example.org', 'http://box2.example.net:8080'];

describe('the origins of sandboxes', () => {
  it('are origins of http or https, and nothing more', () => {
    expect(checkSandboxOrigins(ORIGINS)).toEqual(ORIGINS);
    expect(checkSandboxOrigins()).toEqual([]);
    for (const wrong of [
      'box.example',
      'https://box.example/',
      'ftp://box.example',
      "https://box.example; script-src 'unsafe-inline'",
      'https://a.example https://b.example',
    ]) {
      expect(() => checkSandboxOrigins([wrong])).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    }
  });

  it('are added to the frame-src of pages that have one, and to no other page', () => {
    const policy = "default-src 'none'; frame-src 'self'; base-uri 'none'";
    expect(allowFrameOrigins({ 'Content-Security-Policy': policy }, ORIGINS)).toEqual({
      'Content-Security-Policy': `default-src 'none'; frame-src 'self' ${ORIGINS.join(' ')}; base-uri 'none'`,
    });
    const other = { 'Content-Security-Policy': "default-src 'none'", 'X-Other': 'kept' };
    expect(allowFrameOrigins(other, ORIGINS)).toEqual(other);
    expect(allowFrameOrigins({}, ORIGINS)).toEqual({});
  });

  it('are in the manifest', () => {
    expect(JSON.parse(addSandboxOrigins('{"assets":[]}', ORIGINS))).toEqual({
      assets: [],
      sandboxOrigins: ORIGINS,
    });
  });
});

/**
 * docs/protocol.md leaves no message, field or limit of the wire out.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  SAMPLE_CLIENT_MESSAGES,
  SAMPLE_REPLIES,
  SAMPLE_SCHEDULER_MESSAGES,
} from '../testing/sample-messages.js';
import * as limits from './limits.js';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const headings = new Set([...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading));
const code = [...page.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text!);
const words = new Set(code.flatMap((text) => text.match(/[A-Za-z_]+/g) ?? []));

/** The names of all fields in a message, however deep. */
function fieldsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(fieldsOf);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, item]) => [key, ...(key === 'info' ? [] : fieldsOf(item))]);
}

describe('docs/protocol.md', () => {
  it('has a heading for each type of message', () => {
    const types = [...Object.keys(SAMPLE_CLIENT_MESSAGES), ...Object.keys(SAMPLE_SCHEDULER_MESSAGES)];
    const shared = ['reply', 'refusal'];
    expect(types.filter((type) => !headings.has(type) && !shared.includes(type))).toEqual([]);
    expect(shared.filter((type) => !words.has(type))).toEqual([]);
  });

  it('names each field of each message and reply', () => {
    const samples = [SAMPLE_CLIENT_MESSAGES, SAMPLE_SCHEDULER_MESSAGES, SAMPLE_REPLIES].flatMap((all) =>
      Object.values(all).flat(),
    );
    const missing = new Set(fieldsOf(samples).filter((field) => !words.has(field)));
    expect([...missing]).toEqual([]);
  });

  it('names only limits that there are, and says how much each is', () => {
    const rows = [...page.matchAll(/^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*) +\| ([^|]+)\|$/gm)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, names, said] of rows) {
      for (const name of names!.match(/[A-Z_]+/g)!) {
        const limit = (limits as Record<string, unknown>)[name];
        expect(limit, name).toBeDefined();
        expect(said, name).toContain(shown(name, limit as number | bigint));
      }
    }
  });
});

/** A limit as the page writes it. */
function shown(name: string, limit: number | bigint): string {
  if (typeof limit === 'bigint') return `2^${Math.round(Math.log2(Number(limit)))} − 1`;
  if (limit === Number.MAX_SAFE_INTEGER) return '2^53 − 1';
  if (name.includes('_MS_')) return `${limit / 1_000} s`;
  if (name.includes('BYTES') && limit >= 1024 ** 2) return `${limit / 1024 ** 2} MiB`;
  return limit.toLocaleString('en-US');
}

/**
 * docs/protocol.md has a section for each message, and the present limits. Its tables are checked in scripts/protocol/.
 * @module
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MESSAGE_CATALOG } from './messages/catalog.js';
import * as limits from './limits.js';

const page = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
const headings = new Set([...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading));

describe('docs/protocol.md', () => {
  it('has a heading for each type of message', () => {
    expect(MESSAGE_CATALOG.map(({ type }) => type).filter((type) => !headings.has(type))).toEqual([]);
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

/**
 * docs/protocol.md and the JSON Schema describe every message, and the schema the job package, as the checks accept them.
 * @module
 */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { MESSAGE_CATALOG } from '../../src/protocol/messages/catalog.js';
import { jobPackage } from '../../src/protocol/job/job-package.js';
import type { Schema } from '../../src/protocol/schema/check.js';
import { PROTOCOL_VERSION } from '../../src/protocol/messages/version.js';
import { validMessage, validValue, wrongFields } from '../../src/testing/message-arbitraries.js';
import { build, type Description } from '../../tests/vectors/notation.js';
import { protocolFiles } from './built-protocol.mjs';
import { tablesIn, tablesOf, writeTables } from './doc-tables.mjs';
import { fieldDocs } from './field-docs.mjs';
import { jsonText, messagesSchema } from './json-schema.mjs';

let docs: Map<string, string>;

beforeAll(async () => {
  const files = await protocolFiles();
  // Vite follows an import with one variable name in one folder.
  const load = async (path: string): Promise<unknown> => {
    const [folder, name] = path.split('/');
    if (folder === 'job') return import(`../../src/protocol/job/${name}.ts`);
    return folder === 'schema'
      ? import(`../../src/protocol/schema/${name}.ts`)
      : import(`../../src/protocol/messages/${name}.ts`);
  };
  const modules = await Promise.all(files.map(async (path) => [path, await load(path)] as const));
  docs = fieldDocs(process.cwd(), Object.fromEntries(modules) as Record<string, object>);
});

describe('docs/protocol.md', () => {
  const page = readFileSync('docs/protocol.md', 'utf8');
  /** Prettier aligns the columns of tables. */
  const withoutAlignment = (text: string): string[] =>
    text
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [line.replace(/ +/g, ' ').replace(/-{3,}/g, '---')]));

  it('has one table of each message and of each named type', () => {
    expect(tablesIn(page).sort()).toEqual(tablesOf(MESSAGE_CATALOG).sort());
  });

  it('has the tables that `node scripts/protocol-doc.mjs --write` writes', () => {
    expect(withoutAlignment(page)).toEqual(withoutAlignment(writeTables(page, MESSAGE_CATALOG, docs)));
  });

  it('has the comments of fields of requests, replies, notices, named types and alternatives', () => {
    for (const path of [
      'job.list.limit',
      'job.list > more',
      'lease.grant.request',
      'status.total',
      'event.closed.kind',
      'id',
    ])
      expect(docs.get(path), path).toMatch(/\w.*\.$/);
  });
});

/** A value as JSON: binary as base64. */
function asJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(asJson);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asJson(item)]));
  return typeof value === 'bigint' ? Number(value) : value;
}

interface JsonSchema {
  $ref?: string;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** The keywords that limit a value, as the checks do. */
const LIMITS = [
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'maxItems',
  'pattern',
  'x-minBytes',
  'x-maxBytes',
];

function limitsIn(json: JsonSchema): Record<string, unknown> {
  return Object.fromEntries(LIMITS.filter((name) => name in json).map((name) => [name, json[name]]));
}

function limitsOf(check: Schema): Record<string, unknown> {
  const length = (bytes: number): number => Math.ceil(bytes / 3) * 4;
  switch (check.kind) {
    case 'text':
      return { ...(check.min > 0 && { minLength: check.min }), maxLength: check.max };
    case 'pattern':
      return { pattern: check.pattern.source };
    case 'integer':
      return { minimum: check.min, maximum: check.max };
    case 'number':
      return {
        ...(Number.isFinite(check.min) && { minimum: check.min }),
        ...(Number.isFinite(check.max) && { maximum: check.max }),
      };
    case 'units':
      return { minimum: 0, maximum: Number(check.max) };
    case 'bytes':
      return {
        minLength: length(check.min),
        maxLength: length(check.max),
        'x-minBytes': check.min,
        'x-maxBytes': check.max,
      };
    case 'array':
      return { maxItems: check.max };
    default:
      return {};
  }
}

describe('the JSON Schema', () => {
  // Ajv knows the keywords that are used, but not the name of this version of JSON Schema.
  // A definition is called `id`, which it takes for a keyword of old schemas, and says so for each.
  const ajv = new Ajv({ validateSchema: false, logger: false });
  let schema: Record<string, unknown>;

  beforeAll(() => {
    schema = JSON.parse(
      jsonText(
        messagesSchema(MESSAGE_CATALOG, { jobPackage: jobPackage.schema, protocol: PROTOCOL_VERSION, docs }),
      ),
    ) as typeof schema;
    ajv.addSchema(schema, 'messages');
  });

  const accepts = (name: string, value: unknown): boolean =>
    ajv.validate(`messages#/$defs/${name}`, JSON.parse(JSON.stringify(asJson(value)))) as boolean;

  it.each(MESSAGE_CATALOG.map((message) => [message.type, message] as const))(
    'accepts valid messages %s, and refuses each with a wrong field',
    (type, declaration) => {
      fc.assert(
        fc.property(validMessage(declaration), (message) => {
          expect(accepts(type, message), JSON.stringify(ajv.errors)).toBe(true);
          for (const { path, what, expected, value } of wrongFields(declaration.fields, message)) {
            // In JSON, binary is text, and the largest amount of units is no exact number.
            if (expected.kind === 'bytes' || expected.kind === 'units' || what === 'is bytes') continue;
            expect(accepts(type, value), `${path} ${what}`).toBe(false);
          }
        }),
        { numRuns: 20 },
      );
    },
  );

  it('accepts valid replies', () => {
    for (const { type, reply } of MESSAGE_CATALOG) {
      if (reply === undefined) continue;
      fc.assert(
        fc.property(validValue(reply), (body) => {
          expect(accepts(`${type}.reply`, body), JSON.stringify(ajv.errors)).toBe(true);
        }),
        { numRuns: 20 },
      );
    }
  });

  it('accepts the golden job packages, and refuses each with a wrong field', () => {
    const vectors = JSON.parse(readFileSync('tests/vectors/job-packages.json', 'utf8')) as {
      package: Description;
    }[];
    expect(vectors.length).toBeGreaterThan(1);
    for (const vector of vectors) {
      const valid = build(vector.package);
      expect(accepts('jobPackage', valid), JSON.stringify(ajv.errors)).toBe(true);
      for (const { path, what, expected, value } of wrongFields(jobPackage.schema, valid)) {
        if (expected.kind === 'bytes' || what === 'is bytes') continue;
        expect(accepts('jobPackage', value), `${path} ${what}`).toBe(false);
      }
    }
  });

  it('has the comments of the fields of the job package', () => {
    const { properties } = (schema['$defs'] as Record<string, JsonSchema>)['jobPackage']!;
    expect(properties!['votes']!['description']).toBe('Executions that must agree on a slice.');
  });

  it('has every limit of the checks', () => {
    const definitions = schema['$defs'] as Record<string, JsonSchema>;
    const follow = (json: JsonSchema): JsonSchema =>
      json.$ref === undefined ? json : definitions[json.$ref.replace('#/$defs/', '')]!;
    const seen = new Set<Schema>();
    const compare = (check: Schema, from: JsonSchema, path: string): void => {
      if (seen.has(check)) return;
      seen.add(check);
      const json = follow(from);
      expect(limitsIn(json), path).toEqual(limitsOf(check));
      if (check.kind === 'array') compare(check.items, json.items!, `${path}[]`);
      if (check.kind === 'map')
        for (const [field, one] of Object.entries(check.fields))
          compare(one, json.properties![field]!, `${path}.${field}`);
      if (check.kind === 'variants')
        Object.entries(check.variants).forEach(([kind, one], i) =>
          compare(one, json.oneOf![i]!, `${path}.${kind}`),
        );
    };
    for (const { type, fields, reply } of MESSAGE_CATALOG) {
      compare(fields, definitions[type]!, type);
      if (reply !== undefined) compare(reply, definitions[`${type}.reply`]!, `${type} >`);
    }
    compare(jobPackage.schema, definitions['jobPackage']!, 'jobPackage');
    expect([...new Set([...seen].map(({ kind }) => kind))]).toEqual(
      expect.arrayContaining(['text', 'integer', 'bytes', 'array', 'units']),
    );
  });

  it('has the limit of units with all its digits', () => {
    const text = jsonText(
      messagesSchema(MESSAGE_CATALOG, { jobPackage: jobPackage.schema, protocol: PROTOCOL_VERSION, docs }),
    );
    expect(text).toContain(`"maximum": ${2n ** 63n - 1n}`);
  });
});

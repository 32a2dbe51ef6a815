/**
 * The JSON Schema (2020-12) of all messages and of the job package, from their schemas in src/protocol: for clients in other
 * languages.
 */

/** @typedef {import('../../src/protocol/schema/check.js').Schema} Schema */
/** @typedef {import('../../src/protocol/messages/catalog.js').MessageDeclaration} MessageDeclaration */
/** @typedef {Record<string, unknown>} JsonSchema */

const COMMENT =
  'Messages are MessagePack maps (docs/protocol.md). This describes their values as JSON with two differences: binary ' +
  '("x-messagepack": "binary", with the bounds "x-minBytes" and "x-maxBytes") appears as base64 text, and units are ' +
  'integers up to 2^63 - 1, beyond what a double holds exactly. Fields that are not listed are ignored; an optional field ' +
  'may also be nil. A maxLength counts characters, but the receiver counts UTF-16 code units. "x-rule" is a condition ' +
  'that this schema cannot express.';

const PACKAGE_COMMENT =
  'The value whose encoding (docs/values.md) is the field `package` of job.deploy. Unlike a message it has its fields in this ' +
  'order, and fields that are not listed are refused; an optional field is absent, never nil.';

/**
 * @param {readonly MessageDeclaration[]} catalog
 * @param {{ jobPackage: Schema, protocol: number, docs: ReadonlyMap<string, string> }} options
 * @returns {JsonSchema}
 */
export function messagesSchema(catalog, { jobPackage, protocol, docs }) {
  const writer = new SchemaWriter(docs);
  const bySender = { client: [], scheduler: [] };
  const messages = {};
  for (const message of catalog) {
    bySender[message.sender].push({ $ref: `#/$defs/${message.type}` });
    messages[message.type] = messageSchema(message, writer);
    if (message.reply !== undefined) {
      const path = `${message.type} >`;
      messages[`${message.type}.reply`] = {
        description: `The body of the reply to ${message.type}.`,
        ...writer.inline(message.reply, path),
      };
    }
  }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $comment: COMMENT,
    title: `Messages of the manyhands protocol, version ${protocol}`,
    'x-protocol': protocol,
    oneOf: [{ $ref: '#/$defs/clientMessage' }, { $ref: '#/$defs/schedulerMessage' }],
    $defs: {
      clientMessage: { oneOf: bySender.client },
      schedulerMessage: { oneOf: bySender.scheduler },
      ...messages,
      jobPackage: {
        ...writer.description('jobPackage'),
        $comment: PACKAGE_COMMENT,
        ...writer.inline(jobPackage, 'jobPackage'),
      },
      ...writer.named,
    },
  };
}

/** The schema as text. A bigint becomes a number with all its digits. */
export function jsonText(schema) {
  const text = JSON.stringify(
    schema,
    (_, value) => (typeof value === 'bigint' ? `bigint:${value}` : value),
    2,
  );
  return `${text.replace(/"bigint:(\d+)"/g, '$1')}\n`;
}

/** @param {MessageDeclaration} message @param {SchemaWriter} writer */
function messageSchema({ type, fields, reply }, writer) {
  const body = writer.inline(fields, type);
  const own = { type: { const: type } };
  if (reply !== undefined) {
    own.id = {
      type: 'integer',
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Not twice on one connection.',
    };
  }
  return {
    ...writer.description(type),
    ...body,
    properties: { ...own, ...body.properties },
    required: [...Object.keys(own), ...(body.required ?? [])],
  };
}

class SchemaWriter {
  /** @type {Record<string, JsonSchema>} */
  named = {};
  #docs;

  /** @param {ReadonlyMap<string, string>} docs */
  constructor(docs) {
    this.#docs = docs;
  }

  /** @param {string} path */
  description(path) {
    const text = this.#docs.get(path);
    return text === undefined ? {} : { description: text };
  }

  /** @param {Schema} schema @param {string} path @returns {JsonSchema} */
  #field(schema, path) {
    const { name } = schema;
    if (name === undefined) return { ...this.description(path), ...this.inline(schema, path) };
    if (this.named[name] === undefined) {
      this.named[name] = {};
      this.named[name] = { ...this.description(name), ...this.inline(schema, name) };
    }
    return { ...this.description(path), $ref: `#/$defs/${name}` };
  }

  /** @param {Schema} schema @param {string} path @returns {JsonSchema} */
  inline(schema, path) {
    const rule = schema.rule === undefined ? {} : { 'x-rule': `It must be ${schema.rule.expected}.` };
    return { ...this.#shape(schema, path), ...rule };
  }

  /** @param {Schema} schema @param {string} path @returns {JsonSchema} */
  #shape(schema, path) {
    switch (schema.kind) {
      case 'text':
        return { type: 'string', ...(schema.min > 0 && { minLength: schema.min }), maxLength: schema.max };
      case 'pattern':
        return { type: 'string', pattern: schema.pattern.source };
      case 'choice':
        return schema.values.length === 1 ? { const: schema.values[0] } : { enum: [...schema.values] };
      case 'boolean':
        return { type: 'boolean' };
      case 'integer':
        return { type: 'integer', minimum: schema.min, maximum: schema.max };
      case 'number':
        return {
          type: 'number',
          ...(schema.min !== -Infinity && { minimum: schema.min }),
          ...(schema.max !== Infinity && { maximum: schema.max }),
        };
      case 'units':
        return { type: 'integer', minimum: 0, maximum: schema.max };
      case 'bytes':
        return binary(schema.min, schema.max);
      case 'array':
        return { type: 'array', items: this.#field(schema.items, `${path}[]`), maxItems: schema.max };
      case 'map':
        return this.#map(schema.fields, path);
      case 'variants':
        return {
          oneOf: Object.entries(schema.variants).map(([kind, fields]) =>
            this.inline(fields, `${path}.${kind}`),
          ),
        };
      case 'open map':
        return { type: 'object' };
      case 'anything':
        return {};
    }
  }

  /** @param {Readonly<Record<string, Schema>>} fields @param {string} path */
  #map(fields, path) {
    const at = (field) => (path.endsWith('>') ? `${path} ${field}` : `${path}.${field}`);
    const entries = Object.entries(fields);
    const required = entries.filter(([, { isOptional }]) => isOptional !== true).map(([field]) => field);
    return {
      type: 'object',
      properties: Object.fromEntries(
        entries.map(([field, schema]) => [field, this.#field(schema, at(field))]),
      ),
      ...(required.length > 0 && { required }),
    };
  }
}

/** Base64 with padding: four characters for three bytes. */
function binary(min, max) {
  const length = (bytes) => Math.ceil(bytes / 3) * 4;
  return {
    type: 'string',
    contentEncoding: 'base64',
    minLength: length(min),
    maxLength: length(max),
    'x-messagepack': 'binary',
    'x-minBytes': min,
    'x-maxBytes': max,
  };
}

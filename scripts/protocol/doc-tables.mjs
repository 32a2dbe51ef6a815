/**
 * The tables of docs/protocol.md, from the schemas and comments in src/protocol/messages. A table stands between
 * `<!-- table: job.deploy -->` and `<!-- end -->`; its name is a type of message, a named type, or `notation`.
 */

/** @typedef {import('../../src/protocol/schema/check.js').Schema} Schema */
/** @typedef {import('../../src/protocol/messages/catalog.js').MessageDeclaration} MessageDeclaration */

const BLOCK = /(<!-- table: ([^>]+) -->\n)([\s\S]*?)(<!-- end -->)/g;
const SCALARS = ['text', 'pattern', 'integer', 'number', 'units', 'bytes'];
const MiB = 1024 * 1024;

/** The names of the tables that are in the page. */
export function tablesIn(page) {
  return [...page.matchAll(BLOCK)].map(([, , name]) => name);
}

/** The names of the tables that the page must have. */
export function tablesOf(catalog) {
  const { named } = namesOf(catalog);
  const types = [...named].filter(([, schema]) => !SCALARS.includes(schema.kind)).map(([name]) => name);
  return ['notation', ...catalog.map(({ type }) => type), ...types];
}

/**
 * The page with all its tables written anew.
 *
 * @param {string} page
 * @param {readonly MessageDeclaration[]} catalog
 * @param {ReadonlyMap<string, string>} docs
 * @returns {string}
 */
export function writeTables(page, catalog, docs) {
  const writer = new TableWriter(page, catalog, docs);
  return page.replace(BLOCK, (_, start, name, _old, end) => `${start}\n${writer.table(name)}\n\n${end}`);
}

/** Every named schema, by name. */
function namesOf(catalog) {
  const named = new Map();
  const visit = (schema) => {
    if (schema.name !== undefined) {
      if (named.has(schema.name)) return;
      named.set(schema.name, schema);
    }
    if (schema.kind === 'array') visit(schema.items);
    if (schema.kind === 'map') Object.values(schema.fields).forEach(visit);
    if (schema.kind === 'variants') Object.values(schema.variants).forEach(visit);
  };
  for (const { fields, reply } of catalog) [fields, reply].forEach((schema) => schema && visit(schema));
  return { named };
}

class TableWriter {
  #messages;
  #named;
  #docs;
  /** The anchor of the section that has the table of a name. */
  #anchors = new Map();

  constructor(page, catalog, docs) {
    this.#messages = new Map(catalog.map((message) => [message.type, message]));
    this.#named = namesOf(catalog).named;
    this.#docs = docs;
    for (const { 2: name, index } of page.matchAll(BLOCK)) {
      const headings = [...page.slice(0, index).matchAll(/^#+ (.+)$/gm)];
      const slug = headings
        .at(-1)?.[1]
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
      this.#anchors.set(name, slug);
    }
  }

  /** @param {string} name */
  table(name) {
    if (name === 'notation') return this.#notation();
    const message = this.#messages.get(name);
    if (message === undefined) {
      const schema = this.#named.get(name);
      if (schema === undefined)
        throw new Error(`docs/protocol.md has a table of ${name}, which is no message and no type.`);
      return this.#fields(schema, name, name, 'field');
    }
    const fields = this.#fields(message.fields, name, name, 'field') || 'It has no fields.';
    if (message.reply === undefined) return fields;
    const reply =
      this.#fields(message.reply, `${name} >`, name, 'reply') || 'The body of its reply is an empty map.';
    return `${fields}\n\n${reply}`;
  }

  #notation() {
    const scalars = [...this.#named].filter(([, schema]) => SCALARS.includes(schema.kind));
    const rows = scalars.map(([name, { name: _name, isOptional: _, ...schema }]) => {
      const shape = schema.kind === 'pattern' ? 'text' : this.#type(schema, name);
      return [`\`${name}\``, shape, this.#doc(name, name)];
    });
    return markdown(['notation', 'type', ''], rows);
  }

  /** @param {Schema} schema */
  #fields(schema, path, owner, heading) {
    const rule = schema.rule === undefined ? '' : `\n\nTogether, it must be ${schema.rule.expected}.`;
    if (schema.kind === 'variants') return this.#variants(schema, path, owner);
    const at = (field) => (path.endsWith('>') ? `${path} ${field}` : `${path}.${field}`);
    const rows = Object.entries(schema.fields).map(([field, inner]) => [
      `\`${field}\``,
      this.#type(inner, field),
      this.#doc(at(field), owner),
    ]);
    return rows.length === 0 ? '' : markdown([heading, 'type', ''], rows) + rule;
  }

  #variants({ tag, variants }, path, owner) {
    const tables = Object.entries(variants).map(([kind, schema]) => {
      const fields = Object.entries(schema.fields).filter(([field]) => field !== tag);
      const parts = fields.map(([field, inner]) => {
        const doc = this.#doc(`${path}.${kind}.${field}`, owner);
        return `\`${field}\`: ${this.#type(inner, field)}${doc === '' ? '' : ` (${doc.replace(/\.$/, '')})`}`;
      });
      const rule = schema.rule === undefined ? '' : ` It must be ${schema.rule.expected}.`;
      return [`\`${kind}\``, parts.join('; '), `${this.#doc(`${path}.${kind}.${tag}`, owner)}${rule}`.trim()];
    });
    return markdown([`\`${tag}\``, 'further fields', ''], tables);
  }

  /** The comment of a field, with links to the messages and pages that it names. */
  #doc(path, owner) {
    const text = this.#docs.get(path) ?? '';
    return text
      .replace(/\bdocs\/([\w-]+\.md)\b/g, '[$1]($1)')
      .replace(/`([\w.]+)`/g, (code, name) =>
        name.includes('.') && this.#messages.has(name) && name !== owner
          ? `[${code}](#${this.#anchors.get(name)})`
          : code,
      );
  }

  /** @param {Schema} schema @param {string} field */
  #type(schema, field) {
    return this.#bare(schema, field) + (schema.isOptional === true ? ', optional' : '');
  }

  /** @param {Schema} schema @param {string} field */
  #bare(schema, field) {
    if (schema.name !== undefined) {
      return SCALARS.includes(schema.kind)
        ? schema.name
        : `[${schema.name}](#${this.#anchors.get(schema.name)})`;
    }
    switch (schema.kind) {
      case 'text':
        return `text${range(schema.min, schema.max)}`;
      case 'pattern':
        return 'text';
      case 'choice':
        return choice(schema.values);
      case 'boolean':
        return 'boolean';
      case 'integer':
        return integer(schema, /bytes/i.test(field));
      case 'number':
        return number(schema);
      case 'units':
        return 'units';
      case 'bytes':
        return schema.min > 0 ? `binary, 1 byte to ${size(schema.max)}` : `binary ≤ ${size(schema.max)}`;
      case 'array':
        return `array ≤ ${digits(schema.max)} of ${this.#bare(schema.items, field)}`;
      case 'map':
        return inlineMap(schema.fields);
      case 'variants':
      case 'open map':
        return 'map';
      case 'anything':
        return 'any value';
    }
  }
}

function inlineMap(fields) {
  const parts = Object.entries(fields).map(([field, { name, kind, isOptional, max, min }]) => {
    const type = name ?? (kind === 'text' ? `text${range(min, max)}` : kind);
    return `${field}${isOptional === true ? '?' : ''}: ${type}`;
  });
  return `\`{ ${parts.join(', ')} }\``;
}

function choice(values) {
  const names = values.map((value) => `\`${value}\``);
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function integer({ min, max }, isBytes) {
  const show = isBytes ? size : digits;
  if (min === max) return digits(min);
  if (max === Number.MAX_SAFE_INTEGER) return min === 0 ? 'count' : `count ≥ ${digits(min)}`;
  return min === 0 ? `count ≤ ${show(max)}` : `count, ${digits(min)} to ${show(max)}`;
}

function number({ min, max }) {
  if (min === -Infinity) return 'number';
  return max === Infinity ? `number ≥ ${digits(min)}` : `number, ${digits(min)} to ${digits(max)}`;
}

const range = (min, max) => (min > 0 ? `, ${digits(min)} to ${digits(max)}` : ` ≤ ${digits(max)}`);
const digits = (value) => value.toLocaleString('en-US');
const size = (bytes) => (bytes % MiB === 0 ? `${bytes / MiB} MiB` : `${digits(bytes)} bytes`);

/** @param {string[]} head @param {string[][]} rows */
function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

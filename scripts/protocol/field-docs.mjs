/**
 * The comments on the fields of messages, read from src/protocol/messages with the TypeScript compiler: what an editor
 * shows for a field is what docs/protocol.md and the JSON Schema say about it.
 */
import { join } from 'node:path';
import ts from 'typescript';

/** @typedef {import('../../src/protocol/schema/check.js').Schema} Schema */

/**
 * The texts by path: `job.deploy` of a message, `job.deploy.groups` of its field, `job.deploy.groups[].key` of a field
 * in a list, `job.deploy > status` of a field of its reply, `status.total` of a field of a named type, `jobPackage.votes` of a field of the job package.
 *
 * @param {string} root the folder of the repository
 * @param {Readonly<Record<string, object>>} modules the exports of each file of src/protocol/messages and
 *   src/protocol/schema, by path from src/protocol without `.ts`
 * @returns {Map<string, string>}
 */
export function fieldDocs(root, modules) {
  const files = Object.keys(modules).map((path) => join(root, 'src', 'protocol', `${path}.ts`));
  const program = ts.createProgram(files, {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  });
  const reader = new DocReader(program.getTypeChecker());
  Object.values(modules).forEach((exports, i) => {
    reader.readModule(program.getSourceFile(files[i]), exports);
  });
  return reader.texts;
}

class DocReader {
  /** @type {Map<string, string>} */
  texts = new Map();
  #readNames = new Set();
  #checker;

  /** @param {ts.TypeChecker} checker */
  constructor(checker) {
    this.#checker = checker;
  }

  /** @param {ts.SourceFile} source @param {object} exports */
  readModule(source, exports) {
    const module = this.#checker.getSymbolAtLocation(source);
    for (const symbol of this.#checker.getExportsOfModule(module)) {
      const value = exports[symbol.name];
      const type = this.#checker.getTypeOfSymbolAtLocation(symbol, source);
      if (/^[A-Z_]+_(REQUESTS|NOTICES)$/.test(symbol.name)) this.#readTable(value, type);
      if (['hello', 'welcome', 'reply', 'refusal', 'jobPackage'].includes(symbol.name)) {
        this.#save(symbol.name, this.#textOf(symbol));
        this.#readFields(value.schema, this.#checkedType(type), symbol.name);
      }
      if (value?.schema?.name !== undefined) this.#save(value.schema.name, this.#textOf(symbol));
    }
  }

  /** Checks by type of message. */
  #readTable(table, type) {
    for (const [message, checks] of Object.entries(table)) {
      const symbol = this.#checker.getPropertyOfType(type, message);
      this.#save(message, this.#textOf(symbol));
      const found = this.#checker.getTypeOfSymbol(symbol);
      if ('schema' in checks) {
        this.#readFields(checks.schema, this.#checkedType(found), message);
        continue;
      }
      for (const part of ['request', 'reply']) {
        const check = this.#checker.getTypeOfSymbol(this.#checker.getPropertyOfType(found, part));
        const path = part === 'request' ? message : `${message} >`;
        this.#readFields(checks[part].schema, this.#checkedType(check), path);
      }
    }
  }

  /** @param {Schema} schema @param {ts.Type} type @param {string} path */
  #readFields(schema, type, path) {
    if (schema.kind === 'array') {
      const [item] = this.#checker.getTypeArguments(type);
      this.#read(schema.items, item, `${path}[]`);
    } else if (schema.kind === 'variants') {
      for (const [variant, fields] of Object.entries(schema.variants)) {
        const found = this.#memberOf(type, schema.tag, variant);
        this.#readFields(fields, found, `${path}.${variant}`);
      }
    } else if (schema.kind === 'map') {
      for (const [field, inner] of Object.entries(schema.fields)) {
        const symbol = this.#checker.getPropertyOfType(type, field);
        const place = path.endsWith('>') ? `${path} ${field}` : `${path}.${field}`;
        this.#save(place, this.#textOf(symbol));
        this.#read(inner, this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(symbol)), place);
      }
    }
  }

  /** The fields of a named type are read once, under its name. */
  #read(schema, type, path) {
    const { name } = schema;
    if (name === undefined) this.#readFields(schema, type, path);
    if (name === undefined || this.#readNames.has(name)) return;
    this.#readNames.add(name);
    this.#save(name, this.#textOf(type.aliasSymbol ?? type.symbol));
    this.#readFields(schema, type, name);
  }

  /** The member of a union whose field `tag` is that text. */
  #memberOf(type, tag, text) {
    const members = type.isUnion() ? type.types : [type];
    return members.find((member) => {
      const kind = this.#checker.getTypeOfSymbol(this.#checker.getPropertyOfType(member, tag));
      return kind.isStringLiteral() && kind.value === text;
    });
  }

  /** `T` of a `Check<T>`. */
  #checkedType(check) {
    const [signature] = check.getCallSignatures();
    return this.#checker.getReturnTypeOfSignature(signature);
  }

  #textOf(symbol) {
    const parts = symbol?.getDocumentationComment(this.#checker) ?? [];
    return ts
      .displayPartsToString(parts)
      .replace(/\s*\n\s*/g, ' ')
      .trim();
  }

  #save(path, text) {
    if (text !== '') this.texts.set(path, text);
  }
}

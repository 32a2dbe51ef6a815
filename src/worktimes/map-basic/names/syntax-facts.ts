/**
 * What the scope analysis of a source does not give: guards of names, evaluated code, imports, `import.meta`, and `this` of the
 * work function itself.
 * @module
 */
import type { AnyNode, Program } from 'acorn';

type Range = readonly [start: number, end: number];

export interface SyntaxFacts {
  /** Identifiers whose type alone is asked: `typeof x`. */
  readonly typeofArguments: ReadonlySet<unknown>;
  /** The property that is read of an identifier: of `a` in `a.b`, `b`. */
  readonly members: ReadonlyMap<unknown, string>;
  /** Names that are looked up or set as properties of the global object, or asked for by `in`. */
  readonly globalProperties: ReadonlySet<string>;
  /** Whether it runs code from text, or passes the global object on, so that any name may be defined. */
  readonly definesUnknownNames: boolean;
  /** Positions of `import()`, and of `import` and `export … from` declarations. */
  readonly imports: readonly { readonly at: number; readonly module: string }[];
  /** Positions of `import.meta`. */
  readonly metas: readonly number[];
  /** Properties of `this` that the outermost function reads and does not set. */
  readonly thisProperties: readonly { readonly at: number; readonly name: string }[];
  /** Whether an exception at this position is caught by the source. */
  isCaught(position: number): boolean;
  /** Whether the position is in the body of a `with`, whose names are not known. */
  isInWith(position: number): boolean;
}

const GLOBAL_OBJECTS = new Set(['globalThis', 'self', 'window', 'global']);

export function readSyntax(program: Program): SyntaxFacts {
  const reader = new SyntaxReader(isArrow(program) ? 0 : 1);
  reader.visit(program, undefined, 0);
  return reader;
}

class SyntaxReader implements SyntaxFacts {
  readonly typeofArguments = new Set<unknown>();
  readonly members = new Map<unknown, string>();
  readonly globalProperties = new Set<string>();
  readonly imports: { at: number; module: string }[] = [];
  readonly metas: number[] = [];
  definesUnknownNames = false;
  readonly #caught: Range[] = [];
  readonly #withs: Range[] = [];
  /** The number of functions with a `this` of their own around code of which `this` is that of the work function. */
  readonly #thisDepth: number;
  readonly #thisReads: { at: number; name: string }[] = [];
  readonly #thisWrites = new Set<string>();

  constructor(thisDepth: number) {
    this.#thisDepth = thisDepth;
  }

  get thisProperties(): { at: number; name: string }[] {
    return this.#thisReads.filter(({ name }) => !this.#thisWrites.has(name));
  }

  isCaught(position: number): boolean {
    return isWithin(this.#caught, position);
  }

  isInWith(position: number): boolean {
    return isWithin(this.#withs, position);
  }

  /** @param depth the functions and classes around it that have a `this` of their own */
  visit(node: AnyNode, parent: AnyNode | undefined, depth: number): void {
    this.#read(node, parent, depth);
    const inner = hasOwnThis(node) ? depth + 1 : depth;
    for (const child of childrenOf(node)) this.visit(child, node, inner);
  }

  #read(node: AnyNode, parent: AnyNode | undefined, depth: number): void {
    switch (node.type) {
      case 'UnaryExpression':
        if (node.operator === 'typeof') this.typeofArguments.add(node.argument);
        return;
      case 'BinaryExpression':
        if (node.operator === 'in' && node.left.type === 'Literal')
          this.globalProperties.add(String(node.left.value));
        return;
      case 'TryStatement':
        if (node.handler) this.#caught.push([node.block.start, node.block.end]);
        return;
      case 'WithStatement':
        this.#withs.push([node.body.start, node.body.end]);
        return;
      case 'Identifier':
        if (node.name === 'eval') this.definesUnknownNames = true;
        return;
      case 'CallExpression':
      case 'NewExpression':
        return this.#readCall(node);
      case 'MemberExpression':
        return this.#readMember(node, parent, depth);
      case 'MetaProperty':
        if (node.meta.name === 'import') this.metas.push(node.start);
        return;
      case 'ImportExpression':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
      case 'ExportNamedDeclaration':
        if (node.source) this.imports.push({ at: node.start, module: textOf(node.source) });
        return;
      default:
        return;
    }
  }

  #readCall({
    callee,
    arguments: given,
  }: Extract<AnyNode, { type: 'CallExpression' | 'NewExpression' }>): void {
    if (callee.type === 'Identifier' && callee.name === 'Function') {
      const [only] = given;
      // The usual way to the global object of old libraries.
      const isHarmless = given.length === 1 && only?.type === 'Literal' && only.value === 'return this';
      if (!isHarmless) this.definesUnknownNames = true;
    }
    const isOfObject =
      callee.type === 'MemberExpression' &&
      callee.object.type === 'Identifier' &&
      callee.object.name === 'Object';
    if (isOfObject && given.some((one) => isGlobalObject(one))) this.definesUnknownNames = true;
  }

  #readMember(
    node: Extract<AnyNode, { type: 'MemberExpression' }>,
    parent: AnyNode | undefined,
    depth: number,
  ): void {
    const { object, property } = node;
    const name = node.computed
      ? literalText(property)
      : property.type === 'Identifier'
        ? property.name
        : undefined;
    if (isGlobalObject(object)) {
      if (name === undefined) this.definesUnknownNames ||= isTarget(node, parent);
      else this.globalProperties.add(name);
    }
    if (object.type === 'Identifier' && name !== undefined) this.members.set(object, name);
    if (object.type !== 'ThisExpression' || depth > this.#thisDepth || name === undefined) return;
    if (isTarget(node, parent)) this.#thisWrites.add(name);
    else this.#thisReads.push({ at: node.start, name });
  }
}

/** Whether it is one arrow function, whose `this` is that of the code around it. */
function isArrow({ body: [first] }: Program): boolean {
  return first?.type === 'ExpressionStatement' && first.expression.type === 'ArrowFunctionExpression';
}

const isTarget = (node: AnyNode, parent: AnyNode | undefined): boolean =>
  parent?.type === 'AssignmentExpression' && parent.left === node;

const isGlobalObject = (node: AnyNode): boolean =>
  node.type === 'Identifier' && GLOBAL_OBJECTS.has(node.name);

const isWithin = (ranges: readonly Range[], position: number): boolean =>
  ranges.some(([start, end]) => start <= position && position < end);

function hasOwnThis({ type }: AnyNode): boolean {
  return type === 'FunctionExpression' || type === 'FunctionDeclaration' || type === 'ClassBody';
}

function literalText(node: AnyNode): string | undefined {
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** The module that an import names; for an expression, a description. */
const textOf = (source: AnyNode): string => literalText(source) ?? 'a module';

function* childrenOf(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value as unknown[]) if (isNode(item)) yield item;
    } else if (isNode(value)) yield value;
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

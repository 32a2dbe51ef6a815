/**
 * Identifiers of a source file, read from its syntax tree: words in strings and comments are no identifiers.
 * @module
 */
import ts from 'typescript';

/** Every identifier that the file declares or uses, with private ones. */
export function identifiersIn(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The parts of an identifier in lower case: `HTTPRoom` and `HTTP_ROOM` have `http` and `room`. */
export function wordsOf(identifier: string): string[] {
  const parts = identifier.match(/[A-Z]+[0-9]*(?![a-z])|[A-Z]?[a-z]+[0-9]*|[0-9]+/g) ?? [];
  return parts.map((part) => part.toLowerCase());
}

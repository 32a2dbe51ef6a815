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

/** The names that the file declares and exports; what it exports from elsewhere is not declared there. */
export function exportedNames(source: ts.SourceFile): Set<string> {
  const found = new Set<string>();
  for (const statement of source.statements) {
    const isExported =
      ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (isExported !== true) continue;
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) found.add(name.getText(source));
    } else if ('name' in statement && statement.name !== undefined) {
      found.add((statement.name as ts.Identifier).text);
    }
  }
  return found;
}

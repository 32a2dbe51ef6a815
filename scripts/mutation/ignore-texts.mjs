/**
 * A plugin of Stryker: texts for people (error messages, log lines) are not mutated, since tests check codes and fields.
 * @module
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** A literal with a space in it is a text for people; names, keys and states have none. */
function isText({ node }) {
  if (node.type === 'StringLiteral') return node.value.includes(' ');
  return node.type === 'TemplateLiteral' && node.quasis.some(({ value }) => value.raw.includes(' '));
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'texts', {
    shouldIgnore: (path) => (isText(path) ? 'a text for people' : undefined),
  }),
];

/** Templates: text with places that the build fills. */

/**
 * Replaces every `{{name}}`, or a comment that is nothing else; one that is not known is a mistake in the template.
 *
 * @param {string} template
 * @param {Record<string, string | undefined>} values
 */
export function fill(template, values) {
  return template.replaceAll(/<!-- \{\{(\w+)\}\} -->|\{\{(\w+)\}\}/g, (_, comment, plain) => {
    const name = comment ?? plain;
    if (values[name] === undefined)
      throw new Error(`The template wants {{${name}}}, which the build does not have.`);
    return values[name];
  });
}

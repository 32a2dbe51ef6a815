/**
 * Finds elements by id, and creates elements whose text is never parsed as markup.
 * @module
 */

export function byId<T extends HTMLElement = HTMLElement>(id: string, type?: new () => T): T {
  const found = document.getElementById(id);
  if (found === null || (type !== undefined && !(found instanceof type)))
    throw new Error(`No element #${id}.`);
  return found as T;
}

export const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
export const input = (id: string): HTMLInputElement => byId(id, HTMLInputElement);

/** Creates an element with an optional class, text, attributes and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  { class: name, text, ...attributes }: Record<string, string | undefined> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (name !== undefined) made.className = name;
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Sets a text only if it differs: screen readers announce a live region each time that it is set. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

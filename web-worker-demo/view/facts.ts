/**
 * A list of names and values.
 * @module
 */
import { make, setText } from './dom.js';

export interface Fact {
  name: string;
  value: string;
  title?: string;
}

/** Updates the list in place. */
export function drawFact(list: HTMLElement, facts: readonly Fact[]): void {
  while (list.children.length > facts.length) list.lastElementChild!.remove();
  facts.forEach(({ name, value, title }, i) => {
    let row = list.children[i] as HTMLElement | undefined;
    if (row === undefined) {
      row = make('div', {}, make('dt'), make('dd', { dir: 'auto' }));
      list.append(row);
    }
    setText(row.children[0]!, name);
    setText(row.children[1]!, value);
    (row.children[1] as HTMLElement).title = title ?? '';
  });
}

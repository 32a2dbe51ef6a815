/**
 * Blocks a job: a button on the job's card, and the choices that it opens in the card.
 * @module
 */
import { make, setText } from './dom.js';
import { t } from './page-text.js';

export interface BlockChoice {
  jobId: string;
  owner: string | undefined;
  /** Safe text; empty for a job without a name. */
  name: string;
}

export type Block = (what: 'job' | 'owner', choice: BlockChoice) => void;

let count = 0;

export class BlockRow {
  readonly button: HTMLButtonElement;
  readonly row: HTMLElement;
  readonly #job: HTMLButtonElement;
  readonly #owner: HTMLButtonElement;
  readonly #cancel: HTMLButtonElement;
  readonly #text: HTMLElement;
  readonly #ownerText: HTMLElement;
  #choice: BlockChoice | undefined;

  constructor(block: Block) {
    const id = `block-${++count}`;
    const press = (made: HTMLButtonElement, act: () => void): HTMLButtonElement => {
      made.addEventListener('click', act);
      return made;
    };
    const button = (kind: string): HTMLButtonElement => make('button', { type: 'button', class: kind });
    this.button = make('button', {
      type: 'button',
      class: 'small',
      'aria-expanded': 'false',
      'aria-controls': id,
    });
    this.button.addEventListener('click', () => this.#open(!this.isOpen));
    this.#job = press(button('danger'), () => this.#take('job', block));
    this.#owner = press(button('danger'), () => this.#take('owner', block));
    this.#cancel = press(button(''), () => this.#open(false));
    this.#text = make('p');
    this.#ownerText = make('p', { class: 'address' });
    const choices = make('div', { class: 'choices' }, this.#job, this.#owner, this.#cancel);
    this.row = make('div', { class: 'block-row', id }, this.#text, this.#ownerText, choices);
    this.row.hidden = true;
    this.row.addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.#open(false);
    });
  }

  get isOpen(): boolean {
    return this.row.hidden === false;
  }

  /** `choice`: the job; undefined while it is not known. */
  fill(choice: BlockChoice | undefined): void {
    this.#choice = choice;
    this.button.hidden = choice === undefined;
    if (choice === undefined) return;
    const name = choice.name || t('running.unnamed');
    setText(this.button, t('running.block'));
    this.button.setAttribute('aria-label', t('running.blockLabel', { name }));
    setText(this.#text, t('block.text'));
    setText(this.#job, t('block.job'));
    setText(this.#owner, t('block.owner'));
    setText(this.#cancel, t('dialog.cancel'));
    this.#owner.hidden = choice.owner === undefined;
    this.#ownerText.hidden = choice.owner === undefined;
    setText(this.#ownerText, t('block.ownerIs', { address: choice.owner ?? '' }));
  }

  #open(isOpen: boolean): void {
    this.row.hidden = !isOpen;
    this.button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) this.#job.focus();
    else this.button.focus();
  }

  #take(what: 'job' | 'owner', block: Block): void {
    this.row.hidden = true;
    this.button.setAttribute('aria-expanded', 'false');
    if (this.#choice !== undefined) block(what, { ...this.#choice });
  }
}

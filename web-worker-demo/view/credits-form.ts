/**
 * The choice of who is paid (nobody, a key of this browser, or an address), and the account's balance.
 * @module
 */
import type { DonorStatus } from '../donor/donor-events.js';
import { browserAddress } from '../donor/earnings.js';
import type { SettingsBox } from '../donor/settings-box.js';
import { readAddress } from '../donor/settings.js';
import { formatAmount } from '../format.js';
import { copy } from './copy-button.js';
import { button, byId, input, setText } from './dom.js';
import { bindExport } from './export-form.js';
import { language, setMessage, t } from './page-text.js';

/** Whether "an address of mine" is selected: it takes effect only with a valid address. */
let choosingAddress = false;
let address: string | undefined;

export function bindCredits(box: SettingsBox, exported: () => void): void {
  for (const radio of radios()) {
    radio.addEventListener('change', () => {
      choosingAddress = radio.value === 'address';
      if (radio.value === 'nobody') box.change({ payment: { to: 'nobody' } });
      else if (radio.value === 'browser') box.change({ payment: { to: 'browser' } });
      else takeAddress(box);
    });
  }
  input('address').addEventListener('change', () => takeAddress(box));
  button('copy-address').addEventListener('click', ({ currentTarget }) => {
    if (address !== undefined) void copy(currentTarget as HTMLElement, address);
  });
  bindExport(exported);
}

function radios(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>('input[name="payment"]')];
}

/** An invalid address changes nothing: the former choice stays, and an error is shown. */
function takeAddress(box: SettingsBox): void {
  const typed = input('address').value.trim();
  const read = readAddress(typed);
  const isWrong = read === undefined && typed !== '';
  setText(byId('address-error'), isWrong ? t('credits.addressInvalid') : '');
  input('address').setAttribute('aria-invalid', String(isWrong));
  if (read === undefined) return drawCredits(box);
  choosingAddress = false;
  box.change({ payment: { to: 'address', address: read } });
}

export function drawCredits(box: SettingsBox): void {
  const { payment } = box.now;
  const shown = choosingAddress ? 'address' : payment.to;
  for (const radio of radios()) radio.checked = radio.value === shown;
  byId('payment-browser').hidden = shown !== 'browser';
  byId('payment-address').hidden = shown !== 'address';
  if (payment.to === 'address' && document.activeElement !== input('address') && !choosingAddress)
    input('address').value = payment.address;
  if (shown !== 'browser') return;
  setMessage(byId('browser-text'), box.keeps ? 'credits.browserText' : 'credits.browserForgets');
  byId('browser-text').hidden = address === undefined;
  setText(
    byId('browser-address'),
    address === undefined ? t('credits.making') : t('credits.yours', { address }),
  );
  for (const id of ['copy-address', 'export']) button(id).hidden = address === undefined;
  if (address === undefined) makeKey(box);
}

function makeKey(box: SettingsBox): void {
  browserAddress().then(
    (made) => {
      address = made;
      setText(byId('key-error'), '');
      drawCredits(box);
    },
    () => {
      setText(byId('browser-address'), '');
      setText(byId('key-error'), t('credits.noKey'));
    },
  );
}

/** Draws the paid account as the ledger has it. */
export function drawAccount({ ledger }: DonorStatus, box: SettingsBox): void {
  const isPaid = box.now.payment.to !== 'nobody';
  byId('account').hidden = !isPaid;
  if (!isPaid) return;
  if (ledger === undefined) return setText(byId('balance'), t('credits.notAsked'));
  const lang = language();
  const at = new Intl.DateTimeFormat(lang, { dateStyle: 'short', timeStyle: 'short' }).format(
    new Date(ledger.atMs),
  );
  const values = {
    balance: formatAmount(ledger.balance, lang),
    earned: formatAmount(ledger.earned, lang),
    at,
  };
  setText(byId('balance'), t('credits.balance', values));
}

/**
 * Who gets the credits: nobody, a key of this browser, or an address of the donor's.
 * @module
 */
import { browserAddress } from '../donor/earnings.js';
import type { SettingsBox } from '../donor/settings-box.js';
import { readAddress } from '../donor/settings.js';
import { button, byId, input, setText } from './dom.js';
import { askToExport } from './export-dialog.js';
import { t } from './page-text.js';

/** The choice as it is pressed: an address of one's own takes hold once it is a whole one. */
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
  button('export').addEventListener('click', () => {
    void askToExport().then((saved) => {
      button('export').focus();
      if (saved) exported();
    });
  });
}

function radios(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>('input[name="payment"]')];
}

function takeAddress(box: SettingsBox): void {
  const typed = input('address').value.trim();
  const read = readAddress(typed);
  setText(byId('address-error'), read === undefined && typed !== '' ? t('credits.addressInvalid') : '');
  box.change({ payment: read === undefined ? { to: 'nobody' } : { to: 'address', address: read } });
}

export function drawCredits(box: SettingsBox): void {
  const { payment } = box.now;
  const shown = choosingAddress ? 'address' : payment.to;
  for (const radio of radios()) radio.checked = radio.value === shown;
  byId('payment-browser').hidden = shown !== 'browser';
  byId('payment-address').hidden = shown !== 'address';
  if (payment.to === 'address' && document.activeElement !== input('address'))
    input('address').value = payment.address;
  if (shown !== 'browser') return;
  setText(
    byId('browser-address'),
    address === undefined ? t('credits.making') : t('credits.yours', { address }),
  );
  if (address !== undefined) return;
  browserAddress().then(
    (made) => {
      address = made;
      drawCredits(box);
    },
    (error: unknown) =>
      setText(byId('browser-address'), error instanceof Error ? error.message : String(error)),
  );
}

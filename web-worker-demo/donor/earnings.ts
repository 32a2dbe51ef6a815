/**
 * The key that earns in this browser: the wallet's own account of this site, made when the donor first wants it, and
 * exported as a keystore file under a passphrase.
 * @module
 */
import { wallet } from 'manyhands/wallet';
import type { Settings } from './settings.js';

/** The address of this browser's key. Loads what signs, and makes the key where there is none. */
export async function browserAddress(): Promise<string> {
  return (await wallet.get()).address;
}

/** Who is paid by these settings. */
export async function payeeOf({ payment }: Settings): Promise<string | undefined> {
  if (payment.to === 'nobody') return undefined;
  return payment.to === 'address' ? payment.address : browserAddress();
}

/** The key as Ethereum V3 JSON under that passphrase, with the name that wallets give to such a file. */
export async function exportKey(passphrase: string): Promise<{ name: string; text: string }> {
  const copy = await (await wallet.get()).withPassphrase(passphrase);
  return { name: `manyhands-${copy.address}.json`, text: `${JSON.stringify(copy, null, 2)}\n` };
}

/** Offers a text to the donor as a file to keep. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun once the click is dealt with; a minute is time enough for any disk.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

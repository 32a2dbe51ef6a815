/**
 * The key that is paid in this browser: the wallet's default account of this site, created when the donor first chooses
 * it, and exported as a keystore file with a passphrase.
 * @module
 */
import { wallet } from 'manyhands/wallet';
import type { Settings } from './settings.js';

/** The address of this browser's key. Loads the signing library, and creates the key if there is none. */
export async function browserAddress(): Promise<string> {
  return (await wallet.get()).address;
}

/** The address that is paid with these settings. */
export async function payeeOf({ payment }: Settings): Promise<string | undefined> {
  if (payment.to === 'nobody') return undefined;
  return payment.to === 'address' ? payment.address : browserAddress();
}

/** The key as Ethereum V3 JSON, encrypted with that passphrase, with a file name as wallets use it. */
export async function exportKey(passphrase: string): Promise<{ name: string; text: string }> {
  const copy = await (await wallet.get()).withPassphrase(passphrase);
  return { name: `manyhands-${copy.address}.json`, text: `${JSON.stringify(copy, null, 2)}\n` };
}

/** Downloads a text as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download starts with the click; a minute is enough to read the blob.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

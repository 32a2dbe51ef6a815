/**
 * The one door to ethers, which takes 50 to 110 ms to load: it opens when something is signed, checked or
 * unlocked, never by importing the wallet.
 * @module
 */
type Signing = typeof import('ethers/crypto') &
  typeof import('ethers/hash') &
  typeof import('ethers/transaction');
type KeystoreFiles = typeof import('ethers/wallet');

let signing: Promise<Signing> | undefined;

/** What signs and recovers: half of the cost of the whole library. */
export function loadSigning(): Promise<Signing> {
  return (signing ??= Promise.all([
    import('ethers/crypto'),
    import('ethers/hash'),
    import('ethers/transaction'),
  ]).then(([crypto, hash, transaction]) => ({ ...crypto, ...hash, ...transaction })));
}

/** What encrypts and decrypts keystores. */
export function loadKeystoreFiles(): Promise<KeystoreFiles> {
  return import('ethers/wallet');
}

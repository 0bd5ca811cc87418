/**
 * The two metadata functions that tsyringe (under `@peculiar/x509`) wants to find when it is loaded.
 *
 * It asks for the constructor parameters of classes that have none, so "nothing recorded" is always the
 * right answer, and a whole polyfill is not needed. Import this before `@peculiar/x509`.
 *
 * @module
 */
const nothingRecorded = (): undefined => undefined

for (const name of ['getMetadata', 'getOwnMetadata']) {
  if (!(name in Reflect)) Object.defineProperty(Reflect, name, { value: nothingRecorded, configurable: true })
}

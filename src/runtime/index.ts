/**
 * What the world gives a program: time, timers, randomness, digests.
 *
 * The only place in the library that reads the clock, sets a timer or asks for random bytes. Areas
 * take a {@link Clock} or {@link Timers} as an argument and default to the ones of this module.
 *
 * @module
 */
export { systemClock, type Clock } from './clock.ts'
export { hkdfExpand, hkdfExtract, hmacSha256, sha256, sha256OfPrefix, sha384, sha512 } from './digest.ts'
export { createLruMap, type LruMap, type LruMapBounds } from './lru-map.ts'
export { randomBytes, randomId, randomUrn } from './random.ts'
export { sleep, systemTimers, type Cancel, type Timers } from './timers.ts'

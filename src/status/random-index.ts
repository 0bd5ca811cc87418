import { randomBytes } from '../runtime/index.ts'

const UINT32 = 2 ** 32

/**
 * Draws an index, each with the same probability: values from the incomplete last stretch are drawn again.
 *
 * @param length - How many indices there are, 1 to 2^32.
 * @param random - Where bytes come from.
 */
export function randomIndex(length: number, random: (length: number) => Uint8Array = randomBytes): number {
  const limit = UINT32 - (UINT32 % length)
  for (;;) {
    const bytes = random(4)
    const value = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
    if (value < limit) return value % length
  }
}

/**
 * Writes a number in signed digits, each zero or odd and below 2^(width − 1) in size, of which any `width` in a row
 * have at most one that is not zero.
 *
 * @param value The number, at least 1.
 * @param width At least 2; 2 gives the non-adjacent form.
 * @returns The digits, the highest first: the value is their sum with powers of two.
 */
export function signedDigits(value: bigint, width: number): readonly number[] {
  const digits: number[] = []
  const whole = 1 << width
  for (let rest = value; rest > 0n; rest >>= 1n) {
    const low = rest % 2n === 0n ? 0 : Number(rest % BigInt(whole))
    const digit = low >= whole / 2 ? low - whole : low
    digits.push(digit)
    rest -= BigInt(digit)
  }
  return digits.reverse()
}

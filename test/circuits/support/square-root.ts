/** A square root modulo a prime, by Tonelli and Shanks; undefined where there is none. */
export function squareRoot(value: bigint, prime: bigint): bigint | undefined {
  if (value === 0n) return 0n
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n
    for (let rest = exponent; rest > 0n; rest >>= 1n) {
      if ((rest & 1n) === 1n) result = (result * base) % prime
      base = (base * base) % prime
    }
    return result
  }
  if (power(value, (prime - 1n) / 2n) !== 1n) return undefined
  let odd = prime - 1n
  let twos = 0n
  for (; odd % 2n === 0n; odd /= 2n) twos++
  let nonResidue = 2n
  while (power(nonResidue, (prime - 1n) / 2n) === 1n) nonResidue++
  let [m, c, t, r] = [twos, power(nonResidue, odd), power(value, odd), power(value, (odd + 1n) / 2n)]
  while (t !== 1n) {
    let i = 0n
    for (let square = t; square !== 1n; i++) square = (square * square) % prime
    const b = power(c, 1n << (m - i - 1n))
    ;[m, c, t, r] = [i, (b * b) % prime, (((t * b) % prime) * b) % prime, (r * b) % prime]
  }
  return r
}

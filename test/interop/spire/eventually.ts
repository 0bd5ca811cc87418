import { setTimeout as wait } from 'node:timers/promises'

/** Asks until there is an answer: SPIRE says of nothing when it will have happened. */
export async function eventually<T>(
  ask: () => Promise<T | undefined> | T | undefined,
  what: string,
): Promise<T> {
  const end = Date.now() + 120_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`)
    await wait(200)
  }
}

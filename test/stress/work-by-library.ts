import type { Client, ClientSurroundings } from './client-session.ts'
import { createLibraryClient } from './library-client.ts'
import { anyTarget, type Worker } from './life.ts'

/** An agent that works with the library's own sessions. */
export async function workByLibrary(client: Client, surroundings: ClientSurroundings): Promise<Worker> {
  const library = await createLibraryClient(client, surroundings)
  let isConnected = false
  return {
    agent: client.did,
    isConnected: () => isConnected,
    act: async () => {
      if (!isConnected) {
        isConnected = await library.connect(anyTarget())
        return
      }
      // A session is used by several at once, and its renewal is one.
      const targets = Math.random() < 0.2 ? [anyTarget(), anyTarget(), anyTarget()] : [anyTarget()]
      const statuses = await Promise.all(targets.map((target) => library.call(target)))
      if (statuses.includes(401)) isConnected = false
      if (Math.random() < 0.05) await library.renew(anyTarget())
    },
    renew: () => library.renew('one'),
    close: async () => {
      await library.close()
      isConnected = false
    },
    insist: async (mayVary) => {
      for (const target of ['one', 'two'] as const) await library.call(target)
      if (!mayVary) return
      const dice = Math.random()
      if (dice < 0.2) await library.renew(anyTarget())
      else if (dice < 0.4) await library.connect(anyTarget())
    },
    tryAt: async (target, phase) => {
      await library.call(target, phase)
      await library.connect(target, phase)
    },
  }
}

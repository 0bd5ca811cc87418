import { decodeBase64url } from '../../src/encoding/index.ts'
import type { GuardedFetch } from '../../src/net/index.ts'

/** A fetch through which no event about one agent comes: the fault of the positive control. */
export function ignoringEventsAbout(did: string, fetch: GuardedFetch): GuardedFetch {
  return Object.assign((...parameters: Parameters<GuardedFetch>) => fetch(...parameters), {
    stream: async (...parameters: Parameters<GuardedFetch['stream']>) => {
      const stream = await fetch.stream(...parameters)
      return { ...stream, body: withoutEventsAbout(did, stream.body), close: () => stream.close() }
    },
    close: () => {
      fetch.close()
    },
  })
}

async function* withoutEventsAbout(did: string, body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let text = ''
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString('latin1')
    const end = text.lastIndexOf('\n\n') + 2
    if (end < 2) continue
    const messages = text.slice(0, end).split('\n\n').slice(0, -1)
    text = text.slice(end)
    const heard = messages.filter((message) => !isAbout(did, message)).map((message) => `${message}\n\n`)
    if (heard.length > 0) yield Buffer.from(heard.join(''), 'latin1')
  }
}

function isAbout(did: string, message: string): boolean {
  const payload = /^data: [^.]*\.([^.]*)\./m.exec(message)?.[1]
  return payload !== undefined && Buffer.from(decodeBase64url(payload)).includes(`"${did}"`)
}

/**
 * Shows where connections really go, in runtimes that say which address one is to go to: the transport is asked
 * for addresses that the guarded fetch would not hand it, since two servers on loopback are the only ones to tell
 * apart.
 */

/**
 * @typedef {import('../../../src/net/transport/transport.ts').Transport} Transport
 * @typedef {object} PinningGiven
 * @property {string} ca
 * @property {readonly { name: string, url: string, addresses: readonly string[] }[]} requests
 */

/**
 * @param {(options: import('../../../src/net/transport/transport.ts').TransportOptions) => Transport} createTransport
 * @param {PinningGiven} given
 * @returns {Promise<Record<string, string>>} The answers' bodies, or codes.
 */
export async function pinnings(createTransport, { ca, requests }) {
  const transport = createTransport({ ca: [ca], maxHeaderBytes: 16_384 })
  /** @type {Record<string, string>} */
  const results = {}
  for (const { name, url, addresses } of requests) {
    results[name] = await send(transport, new URL(url), addresses)
  }
  transport.close()
  return results
}

/**
 * @param {Transport} transport
 * @param {URL} url
 * @param {readonly string[]} addresses
 */
async function send(transport, url, addresses) {
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const { signal } = new AbortController()
  try {
    const answer = await transport.send({ url, hostname, addresses, method: 'GET', headers: {}, signal })
    let text = ''
    for await (const piece of answer.body) text += new TextDecoder().decode(piece)
    return text
  } catch (error) {
    return transport.explain(error, hostname).code
  }
}

import { Agent, request as sendHttps } from 'node:https'
import { createHash } from 'node:crypto'
import { TLSSocket, type SecureContextOptions } from 'node:tls'
import { formatPem, type X509Svid } from '../../src/spiffe/index.ts'

/** One TLS connection that posts handshake messages, with nothing of the library in it. */
export interface TlsLine {
  post(url: string, body: string | Uint8Array): Promise<{ status: number; body: Uint8Array }>
  /** What the client's end exports; after the first post. */
  exportKeyingMaterial(length: number, label: string, context: Uint8Array): Uint8Array
  close(): void
}

/** Makes one; it connects with the first post. */
export function createTlsLine(
  ca: string,
  options: { readonly svid?: X509Svid } & Pick<SecureContextOptions, 'maxVersion'> = {},
): TlsLine {
  const { svid, ...tls } = options
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 1,
    maxCachedSessions: 0,
    ca,
    ...tls,
    ...certificateOf(svid),
  })
  let used: TLSSocket | undefined
  return {
    post: async (url, body) =>
      new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/comity+json' }
        const lookup = (
          _name: string,
          { all }: { all?: boolean },
          done: (...found: never[]) => void,
        ): void => {
          const found = { address: '127.0.0.1', family: 4 }
          ;(done as (...args: unknown[]) => void)(null, ...(all === true ? [[found]] : [found.address, 4]))
        }
        const outgoing = sendHttps(
          url,
          { method: 'POST', agent, headers, lookup: lookup as never },
          (message) => {
            const { socket } = message
            if (!(socket instanceof TLSSocket)) throw new TypeError('it is no TLS')
            if (used !== undefined && used !== socket) reject(new Error('another connection was made'))
            used = socket
            const pieces: Uint8Array[] = []
            message.on('data', (piece: Uint8Array) => pieces.push(piece))
            message.on('error', reject)
            message.on('end', () =>
              resolve({ status: message.statusCode ?? 0, body: new Uint8Array(Buffer.concat(pieces)) }),
            )
          },
        )
        outgoing.on('error', reject)
        outgoing.end(body)
      }),
    exportKeyingMaterial(length, label, context) {
      if (used === undefined) throw new TypeError('nothing was posted yet')
      return used.exportKeyingMaterial(length, label, Buffer.from(context))
    },
    close: () => agent.destroy(),
  }
}

/** `cb` of a message with this `th`, by the text of the specification alone. */
export function cbOf(
  { exportKeyingMaterial }: Pick<TlsLine, 'exportKeyingMaterial'>,
  th: unknown,
  presenter: string,
  role: 'initiator' | 'responder',
): string {
  const items = ['comity/1-draft bind', Buffer.from(String(th), 'base64url'), presenter, role].map((item) =>
    Buffer.from(item as string),
  )
  const lengths = items.map(({ length }) => Buffer.from([0, 0, length >> 8, length & 255]))
  const bind = createHash('sha256')
    .update(Buffer.concat(items.flatMap((item, index) => [lengths[index] ?? item, item])))
    .digest()
  return Buffer.from(exportKeyingMaterial(32, 'EXPORTER-comity-1', bind)).toString('base64url')
}

function certificateOf(svid: X509Svid | undefined): { cert?: string; key?: string } {
  if (svid === undefined) return {}
  return {
    cert: svid.chain.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
    key: formatPem('PRIVATE KEY', svid.privateKey),
  }
}

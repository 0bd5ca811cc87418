import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A TCP proxy on loopback. */
export interface Proxy {
  readonly port: number
  close(): void
}

/** A proxy that can be cut. */
export interface CuttingProxy extends Proxy {
  /** `drop` ends all connections and takes no more; `stall` keeps them and lets nothing through. */
  cut(how: 'drop' | 'stall'): void
  /** Ends each connection or not, at random, and takes new ones. */
  cutSome(): void
  heal(): void
}

/** Passes each connection on to one of the ports that takes it, the first by turns. */
export async function createBalancer(ports: () => readonly number[]): Promise<Proxy> {
  let turn = 0
  const server = createServer((client) => {
    const order = ports()
    const first = turn++ % Math.max(1, order.length)
    join(client, [...order.slice(first), ...order.slice(0, first)])
  })
  return { port: await listen(server), close: () => server.close() }
}

function join(client: Socket, [port, ...others]: readonly number[]): void {
  client.on('error', () => undefined)
  if (port === undefined) {
    client.destroy()
    return
  }
  const upstream = connect(port, '127.0.0.1')
  let isJoined = false
  upstream.once('connect', () => {
    isJoined = true
    pipe(client, upstream)
  })
  upstream.once('error', () => {
    if (!isJoined) join(client, others)
  })
}

/** Passes connections on to a port, as long as it is not cut. */
export async function createCuttingProxy(port: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'drop' | 'stall' = 'open'
  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (state === 'drop') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    }
    pipe(client, upstream)
    if (isStalled()) for (const socket of [client, upstream]) socket.pause()
  })
  const isStalled = (): boolean => state === 'stall'
  return {
    port: await listen(server),
    cut: (how) => {
      state = how
      for (const socket of sockets) {
        if (how === 'drop') socket.resetAndDestroy()
        else socket.pause()
      }
    },
    cutSome: () => {
      for (const socket of sockets) if (Math.random() < 0.3) socket.resetAndDestroy()
    },
    heal: () => {
      state = 'open'
      for (const socket of sockets) socket.resume()
    },
    close: () => server.close(),
  }
}

/** Passes bytes on by hand: `pipe` would resume what was paused. */
function pipe(one: Socket, other: Socket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('data', (chunk) => to.write(chunk))
    from.on('error', () => undefined)
    from.once('close', () => to.destroy())
    from.once('end', () => to.end())
  }
}

async function listen(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

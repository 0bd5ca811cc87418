import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ASK_CPU, END_SESSIONS, type ServerReady, type ServerRole } from './https-messages.ts'

/** A server in a process of its own. */
export interface ServerProcess {
  readonly ready: ServerReady
  /** CPU microseconds that it has spent. */
  cpu(): Promise<number>
  /** Ends the sessions of a gateway. */
  endSessions(): Promise<void>
  close(): void
}

/** Starts a server process. */
export async function startServer(role: ServerRole): Promise<ServerProcess> {
  const isSource = import.meta.url.endsWith('.ts')
  const program = new URL(isSource ? '../https-server.ts' : '../https-server.js', import.meta.url)
  const child = fork(fileURLToPath(program), {
    execArgv: isSource ? ['--import', 'tsx', '--conditions=comity-source'] : [],
  })
  const ask = <Answer>(message: ServerRole | string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const fail = (): void => {
        reject(new Error('the server process has ended'))
      }
      child.once('exit', fail)
      child.once('message', (answer) => {
        child.off('exit', fail)
        resolve(answer as Answer)
      })
      child.send(message)
    })
  return {
    ready: await ask<ServerReady>(role),
    cpu: () => ask<number>(ASK_CPU),
    endSessions: () => ask<undefined>(END_SESSIONS),
    close: () => {
      child.disconnect()
    },
  }
}

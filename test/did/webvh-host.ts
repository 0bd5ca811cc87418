import type { WebvhFile } from '../../src/did/webvh/index.ts'
import type { GuardedFetch } from '../../src/net/index.ts'
import { fetchFor, startServer, type TestServer } from '../net/support.ts'

/** A host whose files can be changed, and which says what it was asked for. */
export interface WebvhHost {
  readonly server: TestServer
  readonly fetch: GuardedFetch
  readonly location: string
  /** Paths asked for so far. */
  readonly asked: string[]
  serve(files: readonly WebvhFile[]): void
  readonly answers: Map<string, { status?: number; body?: string; headers?: Record<string, string> }>
}

/** Starts a host that serves nothing yet. */
export async function startHost(): Promise<WebvhHost> {
  const asked: string[] = []
  const answers: WebvhHost['answers'] = new Map()
  const server = await startServer((request, response) => {
    asked.push(request.url ?? '')
    const { status = 200, body = '', headers = {} } = answers.get(request.url ?? '') ?? { status: 404 }
    response.writeHead(status, headers).end(body)
  })
  return {
    server,
    asked,
    answers,
    fetch: fetchFor([server]),
    location: `${server.origin}/agents/invoices`,
    serve: (files) => {
      for (const { path, body, contentType } of files)
        answers.set(path, { body, headers: { 'content-type': contentType } })
    },
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Server,
  ServerCredentials,
  status,
  type MethodDefinition,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { workloadApiService } from '../spiffe/workload-api.ts'
import {
  createFakeState,
  StatusFault,
  type FakeRequest,
  type FakeState,
} from './fake-workload-api-answers.ts'
import type {
  FakeFault,
  FakeWorkloadApi,
  FakeWorkloadApiMethod,
  FakeWorkloadApiOptions,
} from './fake-workload-api.ts'

type Stream = ServerWritableStream<FakeRequest, object>
type Unary = ServerUnaryCall<FakeRequest, object>

const MAX_SOCKET_PATH = 107

/** Starts the server, see {@link startFakeWorkloadApi}. */
export async function startServer(options: FakeWorkloadApiOptions): Promise<FakeWorkloadApi> {
  const state = createFakeState(options)
  await state.setWorkloads(options.workloads ?? [{ path: '/workload' }])
  const calls: FakeWorkloadApiMethod[] = []
  const streams = createStreams(state)
  const server = new Server()
  server.addService(serviceWithRawAnswers(), implementation(state, streams, calls))
  const { path, remove } = await socketPlace(options.socketPath)
  await bind(server, path)
  const close = async (): Promise<void> => {
    server.forceShutdown()
    await remove()
  }
  return {
    address: `unix://${path}`,
    get openStreams() {
      return streams.open.size
    },
    calls,
    async setWorkloads(workloads) {
      await state.setWorkloads(workloads)
      streams.tellAll()
    },
    setFederatedBundles(bundles) {
      state.setFederatedBundles(bundles)
      streams.tellAll()
    },
    async renew() {
      await state.renew()
      streams.tellAll()
    },
    setFault: (fault, method) => streams.setFault(fault, method),
    endStreams() {
      for (const stream of streams.open.keys()) stream.end()
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The streams that are open, and what goes wrong with them and with other calls. */
interface Streams {
  readonly open: Map<Stream, FakeWorkloadApiMethod>
  faultOf(method: FakeWorkloadApiMethod): FakeFault | undefined
  setFault(fault: FakeFault | undefined, method?: FakeWorkloadApiMethod): void
  tell(stream: Stream, method: FakeWorkloadApiMethod): void
  tellAll(): void
}

function createStreams(state: FakeState): Streams {
  const open = new Map<Stream, FakeWorkloadApiMethod>()
  const faults = new Map<FakeWorkloadApiMethod, FakeFault>()
  let general: FakeFault | undefined
  const streams: Streams = {
    open,
    faultOf: (method) => faults.get(method) ?? general,
    setFault(fault, method) {
      if (method === undefined) {
        faults.clear()
        general = fault
      } else if (fault === undefined) faults.delete(method)
      else faults.set(method, fault)
      for (const [stream, its] of open) if (method === undefined || method === its) streams.tell(stream, its)
    },
    tell(stream, method) {
      const answer = answerOf(state, streams.faultOf(method), method, stream.request)
      answer.then(
        (message) => message && open.has(stream) && stream.write(message),
        (error: unknown) => open.delete(stream) && endWith(stream, error),
      )
    },
    tellAll() {
      for (const [stream, method] of open) streams.tell(stream, method)
    },
  }
  return streams
}

function endWith(stream: Stream, error: unknown): void {
  if (error instanceof RawStatus && error.code === status.OK) stream.end()
  else stream.emit('error', error instanceof Error ? grpcError(error) : error)
}

/** What is sent; undefined for nothing. Throws the status that the call ends with. */
async function answerOf(
  state: FakeState,
  fault: FakeFault | undefined,
  method: FakeWorkloadApiMethod,
  request: FakeRequest,
): Promise<object | undefined> {
  if (fault === undefined) return state.answer(method, request)
  if ('isSilent' in fault) return undefined
  if ('bytes' in fault) return fault.bytes
  throw new RawStatus(status[fault.status], 'told to by the test')
}

class RawStatus extends Error {
  override readonly name = 'RawStatus'
  readonly code: status

  constructor(code: status, message: string) {
    super(message)
    this.code = code
  }
}

function grpcError(error: Error): object {
  if (error instanceof RawStatus) return { code: error.code, details: error.message }
  if (error instanceof StatusFault) return { code: status[error.status], details: error.message }
  return { code: status.INTERNAL, details: error.message }
}

function implementation(
  state: FakeState,
  streams: Streams,
  calls: FakeWorkloadApiMethod[],
): UntypedServiceImplementation {
  const listen = (method: FakeWorkloadApiMethod) => (stream: Stream) => {
    calls.push(method)
    if (!hasHeader(stream)) {
      endWith(stream, noHeader())
      return
    }
    streams.open.set(stream, method)
    for (const event of ['cancelled', 'close', 'finish']) stream.on(event, () => streams.open.delete(stream))
    streams.tell(stream, method)
  }
  const ask = (method: FakeWorkloadApiMethod) => (call: Unary, callback: sendUnaryData<object>) => {
    calls.push(method)
    const answer = hasHeader(call)
      ? answerOf(state, streams.faultOf(method), method, call.request)
      : Promise.reject(noHeader())
    answer.then(
      (message) => message && callback(null, message),
      (error: unknown) => callback(error instanceof Error ? grpcError(error) : { code: status.INTERNAL }),
    )
  }
  return {
    FetchX509SVID: listen('FetchX509SVID'),
    FetchX509Bundles: listen('FetchX509Bundles'),
    FetchJWTBundles: listen('FetchJWTBundles'),
    FetchJWTSVID: ask('FetchJWTSVID'),
    ValidateJWTSVID: ask('ValidateJWTSVID'),
  }
}

function hasHeader({ metadata }: Stream | Unary): boolean {
  const values = metadata.get('workload.spiffe.io')
  return values.length === 1 && values[0] === 'true'
}

function noHeader(): StatusFault {
  return new StatusFault('INVALID_ARGUMENT', 'security header missing from request')
}

/** The service, whose answers may also be bytes: they are sent as they are. */
function serviceWithRawAnswers(): ServiceDefinition {
  const methods = Object.entries(workloadApiService as Record<string, MethodDefinition<unknown, unknown>>)
  return Object.fromEntries(
    methods.map(([name, method]) => {
      const responseSerialize = (answer: unknown): Buffer =>
        answer instanceof Uint8Array ? Buffer.from(answer) : method.responseSerialize(answer)
      return [name, { ...method, responseSerialize }]
    }),
  )
}

async function socketPlace(
  given: string | undefined,
): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  if (given !== undefined) return { path: checked(given), remove: () => rm(given, { force: true }) }
  const folder = await mkdtemp(join(tmpdir(), 'comity-'))
  return {
    path: checked(join(folder, 'agent.sock')),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function checked(path: string): string {
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH) return path
  throw new TypeError(`the path of a unix socket has at most ${MAX_SOCKET_PATH} bytes`)
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`unix://${path}`, ServerCredentials.createInsecure(), (error) => {
      if (error) reject(error)
      else resolve()
    })
  })
}

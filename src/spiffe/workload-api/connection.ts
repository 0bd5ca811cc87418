import {
  Client,
  credentials,
  Metadata,
  type ChannelOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
} from '@grpc/grpc-js'
import { VerificationError, type ComityError } from '../../errors/index.ts'
import type { Cancel } from '../../runtime/index.ts'
import type { EndpointAddress } from '../index.ts'
import { createListeners } from '../listeners.ts'
import {
  decodeResponse,
  MAX_MESSAGE_BYTES,
  methodDefinition,
  type MessageBytes,
  type WorkloadApiMessages,
  type WorkloadApiMethod,
} from './protocol.ts'
import { callFailed, clientClosed } from './status.ts'

type Call = ClientUnaryCall | ClientReadableStream<MessageBytes>

/** Calls methods of one endpoint. */
export interface Connection {
  /**
   * Calls a method that answers once.
   *
   * @throws {NetworkError} `COMITY_WORKLOAD_API_…`, by the status.
   */
  ask<Method extends 'FetchJWTSVID' | 'ValidateJWTSVID'>(
    method: Method,
    request: WorkloadApiMessages[Method]['request'],
    signal: AbortSignal,
  ): Promise<WorkloadApiMessages[Method]['response']>
  /**
   * Calls a method that answers as long as the stream is open, and ends when the server ends it.
   *
   * @throws {NetworkError} As {@link Connection.ask}.
   */
  listen(method: WorkloadApiMethod, signal: AbortSignal): AsyncGenerator<MessageBytes, void, void>
  /** Tells when it is closed. */
  onClose(listener: () => void): Cancel
  /** Ends all calls, and makes further ones fail. */
  close(): void
}

/** Plain HTTP/2, to the address as it stands and by no proxy. How often to try again is decided elsewhere. */
const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
}

/**
 * Makes a connection to an endpoint. Nothing is opened before the first call.
 *
 * A channel that failed is not used again: gRPC would refuse calls for a while of its own choosing, and the endpoint may
 * be there the next moment.
 *
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID` when the path of a socket has a line break.
 */
export function createConnection(address: EndpointAddress): Connection {
  const target = targetOf(address)
  const calls = createCalls()
  const closing = createListeners()
  let isClosed = false
  let channel: Client | undefined

  const open = (): Client => {
    if (isClosed) throw clientClosed()
    channel ??= new Client(target, credentials.createInsecure(), CHANNEL_OPTIONS)
    return channel
  }
  const failed = (used: Client, cause: unknown): ComityError => {
    if (isClosed) return clientClosed()
    const error = callFailed(cause)
    if (channel === used && error.code === 'COMITY_WORKLOAD_API_UNAVAILABLE') {
      channel = undefined
      used.close()
    }
    return error
  }

  return {
    async ask(method, request, signal) {
      signal.throwIfAborted()
      const used = open()
      let bytes: MessageBytes
      try {
        bytes = await callOnce(used, method, request, (call) => calls.track(call, signal))
      } catch (cause) {
        signal.throwIfAborted()
        throw failed(used, cause)
      }
      return decodeResponse(method, bytes)
    },
    async *listen(method, signal) {
      signal.throwIfAborted()
      const used = open()
      const call = openStream(used, method)
      calls.track(call, signal)
      try {
        for await (const bytes of call) yield bytes as MessageBytes
      } catch (cause) {
        signal.throwIfAborted()
        throw failed(used, cause)
      } finally {
        call.cancel()
      }
    },
    onClose: (listener) => closing.add(listener),
    close() {
      if (isClosed) return
      isClosed = true
      closing.call()
      calls.cancelAll()
      channel?.close()
      channel = undefined
    },
  }
}

/** The calls under way. */
interface Calls {
  /** Cancels a call when the signal says so, until it has ended. */
  track(call: Call, signal: AbortSignal): void
  cancelAll(): void
}

function createCalls(): Calls {
  const calls = new Set<Call>()
  return {
    track(call, signal) {
      const cancel = (): void => call.cancel()
      calls.add(call)
      signal.addEventListener('abort', cancel, { once: true })
      call.once('status', () => {
        calls.delete(call)
        signal.removeEventListener('abort', cancel)
      })
    },
    cancelAll() {
      for (const call of calls) call.cancel()
    },
  }
}

function targetOf(address: EndpointAddress): string {
  if (address.scheme === 'unix') {
    if (!/[\r\n]/.test(address.path)) return `unix://${address.path}`
    throw new VerificationError(
      'COMITY_ENDPOINT_ADDRESS_INVALID',
      'the path of the socket has a line break',
      {
        spec: 'SPIFFE-Workload-Endpoint §4',
      },
    )
  }
  const { host, port } = address
  return host.includes(':') ? `ipv6:[${host}]:${port}` : `ipv4:${host}:${port}`
}

/** The header that keeps a request forged by somebody else's server out. */
function securityHeader(): Metadata {
  const metadata = new Metadata()
  metadata.set('workload.spiffe.io', 'true')
  return metadata
}

/** Bytes are decoded by the caller, so that what is wrong with them gets a code and not a text of gRPC's. */
const asIs = (bytes: Buffer): MessageBytes => bytes

function callOnce(
  client: Client,
  method: WorkloadApiMethod,
  request: object,
  track: (call: Call) => void,
): Promise<MessageBytes> {
  const { path, requestSerialize } = methodDefinition(method)
  return new Promise((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      asIs,
      request,
      securityHeader(),
      (error, bytes) => {
        if (error) reject(error)
        else resolve(bytes ?? new Uint8Array())
      },
    )
    track(call)
  })
}

function openStream(client: Client, method: WorkloadApiMethod): ClientReadableStream<MessageBytes> {
  const { path, requestSerialize } = methodDefinition(method)
  const call = client.makeServerStreamRequest(path, requestSerialize, asIs, {}, securityHeader())
  // Whoever reads hears of errors while reading. After that nobody listens, and Node would end the process.
  return call.on('error', () => undefined)
}

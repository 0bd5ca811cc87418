import { fileURLToPath } from 'node:url'
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { VerificationError } from '../../errors/index.ts'

/** The bytes of a message, before they are decoded. */
export type MessageBytes = Uint8Array

/** One X.509-SVID, as it is sent. */
export interface X509SvidMessage {
  readonly spiffeId: string
  readonly x509Svid: Uint8Array
  readonly x509SvidKey: Uint8Array
  readonly bundle: Uint8Array
  readonly hint: string
}

/** One JWT-SVID, as it is sent. */
export interface JwtSvidMessage {
  readonly spiffeId: string
  readonly svid: string
  readonly hint: string
}

/** Bundles by what is said to be the SPIFFE ID of a trust domain. */
export type BundleMap = Readonly<Record<string, Uint8Array>>

/** A value of `google.protobuf.Value`: `kind` names the one member that counts, and is missing where there is none. */
export interface ValueMessage {
  readonly kind?: string
  readonly nullValue?: 0
  readonly numberValue?: number
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly structValue?: StructMessage
  readonly listValue?: { readonly values: readonly ValueMessage[] }
}

/** A value of `google.protobuf.Struct`. */
export interface StructMessage {
  readonly fields: Readonly<Record<string, ValueMessage>>
}

/** What each method takes and what it answers with. */
export interface WorkloadApiMessages {
  readonly FetchX509SVID: {
    readonly request: object
    readonly response: {
      readonly svids: readonly X509SvidMessage[]
      readonly crl: readonly Uint8Array[]
      readonly federatedBundles: BundleMap
    }
  }
  readonly FetchX509Bundles: {
    readonly request: object
    readonly response: { readonly crl: readonly Uint8Array[]; readonly bundles: BundleMap }
  }
  readonly FetchJWTSVID: {
    readonly request: { readonly audience: readonly string[]; readonly spiffeId: string }
    readonly response: { readonly svids: readonly JwtSvidMessage[] }
  }
  readonly FetchJWTBundles: {
    readonly request: object
    readonly response: { readonly bundles: BundleMap }
  }
  readonly ValidateJWTSVID: {
    readonly request: { readonly audience: string; readonly svid: string }
    readonly response: { readonly spiffeId: string; readonly claims: StructMessage | null }
  }
}

/** The methods of the Workload API. */
export type WorkloadApiMethod = keyof WorkloadApiMessages

/** The service `SpiffeWorkloadAPI`, as gRPC wants it, for whoever serves it. The names of fields are in camel case. */
export const workloadApiService: ServiceDefinition = loadService()

/** The most bytes of one message. */
export const MAX_MESSAGE_BYTES: number = 4 * 1024 * 1024

function loadService(): ServiceDefinition {
  const file = fileURLToPath(new URL('./workloadapi.proto', import.meta.url))
  const definitions = loadSync(file, { defaults: true, arrays: true, objects: true, oneofs: true })
  return definitions['SpiffeWorkloadAPI'] as unknown as ServiceDefinition
}

/** How one method is called. */
export function methodDefinition(method: WorkloadApiMethod): MethodDefinition<unknown, unknown> {
  return workloadApiService[method] as unknown as MethodDefinition<unknown, unknown>
}

/**
 * Decodes an answer. Whether it makes sense is not looked at.
 *
 * @param bytes - At most 4 MiB.
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE` when it is too large, or not of that type.
 */
export function decodeResponse<Method extends WorkloadApiMethod>(
  method: Method,
  bytes: MessageBytes,
): WorkloadApiMessages[Method]['response'] {
  if (bytes.length > MAX_MESSAGE_BYTES) throw messageMalformed('it is too large', method)
  try {
    // A copy that is no Buffer: the bytes of a Buffer's slice are those of the Buffer, which gRPC may have others in.
    return methodDefinition(method).responseDeserialize(
      new Uint8Array(bytes) as Buffer,
    ) as WorkloadApiMessages[Method]['response']
  } catch (cause) {
    // The decoder throws errors of several kinds, a RangeError among them: all come from the bytes.
    throw messageMalformed('it cannot be decoded', method, cause)
  }
}

/** The failure of a message that is not as the specification wants it. */
export function messageMalformed(what: string, field: string, cause?: unknown): VerificationError {
  return new VerificationError(
    'COMITY_WORKLOAD_API_MESSAGE',
    `the Workload API sent a malformed message: ${what}`,
    { spec: 'Workload API §4.5', details: { field }, ...(cause === undefined ? {} : { cause }) },
  )
}

/** The failure of a message that lacks what has to be there. */
export function fieldMissing(field: string): VerificationError {
  return new VerificationError(
    'COMITY_WORKLOAD_API_FIELD_MISSING',
    'the Workload API left a mandatory field empty',
    { spec: 'Workload API §4.5', details: { field } },
  )
}

/** The failure of a message whose parts do not fit together. */
export function fieldMismatch(field: string, section: string): VerificationError {
  return new VerificationError(
    'COMITY_WORKLOAD_API_MISMATCH',
    'the Workload API sent something else than it says, or than was asked for',
    { spec: `Workload API §${section}`, details: { field } },
  )
}

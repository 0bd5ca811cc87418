/**
 * gRPC between workloads with X.509-SVIDs, for Node and `@grpc/grpc-js`.
 *
 * @module
 */
export { createGrpcCredentials } from './grpc/credentials.ts'
export { serveGrpc, type GrpcCall, type GrpcListener } from './grpc/serve.ts'

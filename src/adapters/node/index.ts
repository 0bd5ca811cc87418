/**
 * Serves a Web handler (`Request` in, `Response` out) from Node's HTTP server, over TLS.
 *
 * {@link serveHttps} is a whole server with limits set; {@link toNodeListener} is for a server that you have.
 * Both build the request's URL from the public origin that they were given: the `Host` header decides nothing.
 *
 * @module
 */
export {
  toNodeListener,
  type NodeListener,
  type NodeListenerOptions,
  type RequestContext,
  type WebHandler,
} from './listener.ts'
export { serveHttps, type HttpsServer, type ServeHttpsOptions } from './serve-https.ts'

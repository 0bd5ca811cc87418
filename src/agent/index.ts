/**
 * An agent: it holds its identity and its evidence, connects to peers of other organizations, and works in
 * the sessions that come of it.
 *
 * @module
 */
export { createAgent, type Agent, type AgentOptions, type ConnectOptions } from './agent.ts'
export type { PrepareOptions } from './prepare.ts'
export type { AgentSession, SessionRequest } from './agent-session.ts'
export { assertSvidsJudged, type AgentSpiffeOptions } from './spiffe-options.ts'

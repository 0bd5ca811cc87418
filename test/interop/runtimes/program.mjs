/**
 * What is asked of every runtime: the same program in all of them, so it uses nothing but the package.
 *
 * Loads each public subpath, judges credentials, issues one, and fetches; and says what came of it.
 */
import { createSignatureCache, issueCredential, verifyCredential } from 'comity/credentials'
import { createDidResolver, didKeyFromJwk } from 'comity/did'
import { ComityError } from 'comity/errors'
import { SIGNATURE_ALGORITHMS, generateSigner, withKid } from 'comity/keys'
import { createGuardedFetch, insecureAllowLoopback } from 'comity/net'
import { createStatusChecker } from 'comity/status'
import { createTrustRegistry } from 'comity/trust'

/**
 * @typedef {object} Given
 * @property {number} now
 * @property {readonly { name: string, token: string, holder: string }[]} cases
 * @property {readonly { did: string, types: readonly string[] }[]} issuers Who is believed.
 * @property {Readonly<Record<string, string>>} lists Status lists by URL.
 * @property {{ subject: string, claims: import('comity/encoding').JsonObject }} issue
 * @property {{ ca: string, open: readonly string[], addresses: Readonly<Record<string, readonly string[]>>,
 *   requests: readonly { name: string, url: string, timeoutMs?: number }[] }} net
 *
 * @typedef {object} Report
 * @property {Record<string, string>} subpaths `loaded`, or what went wrong.
 * @property {Record<string, string>} credentials `verified`, or a code.
 * @property {Record<string, { did: string, token: string }>} issued By algorithm.
 * @property {Record<string, string>} answers The body, or a code, by request.
 */

/**
 * @param {Readonly<Record<string, () => Promise<object>>>} subpaths
 * @param {Given} given
 * @returns {Promise<Report>}
 */
export async function report(subpaths, given) {
  return {
    subpaths: await load(subpaths),
    credentials: await judge(given),
    issued: await issue(given),
    answers: await fetchAll(given.net),
  }
}

/** @param {Readonly<Record<string, () => Promise<object>>>} subpaths */
async function load(subpaths) {
  /** @type {Record<string, string>} */
  const results = {}
  for (const [subpath, load] of Object.entries(subpaths)) {
    results[subpath] = await outcome(async () => {
      return Object.keys(await load()).length === 0 ? 'exports nothing' : 'loaded'
    })
  }
  return results
}

/** @param {Given} given */
async function judge({ now, cases, issuers, lists }) {
  const fetch = fetchFrom(lists)
  const resolver = createDidResolver({ fetch })
  const status = createStatusChecker({ fetch, resolver })
  const trust = createTrustRegistry({ issuers })
  const cache = createSignatureCache()
  /** @type {Record<string, string>} */
  const results = {}
  for (const { name, token, holder } of cases) {
    results[name] = await outcome(async () => {
      await verifyCredential(token, { resolver, status, trust, cache, holder, now })
      return 'verified'
    })
  }
  return results
}

/**
 * A fetch that knows some pages and has no network.
 *
 * @param {Readonly<Record<string, string>>} pages
 * @returns {import('comity/net').GuardedFetch}
 */
function fetchFrom(pages) {
  /** @type {(url: string) => Promise<import('comity/net').GuardedResponse>} */
  const get = async (url) => ({
    url,
    status: url in pages ? 200 : 404,
    headers: new Headers({ 'content-type': 'application/vc+jwt' }),
    body: new TextEncoder().encode(pages[url]),
  })
  const stream = () => Promise.reject(new Error('not in this test'))
  return Object.assign(get, { stream, close: () => undefined })
}

/** @param {Given} given */
async function issue({ now, issue: { subject, claims } }) {
  /** @type {Record<string, { did: string, token: string }>} */
  const results = {}
  for (const alg of SIGNATURE_ALGORITHMS) {
    const signer = await generateSigner({ alg })
    const did = didKeyFromJwk(signer.publicJwk)
    const token = await issueCredential({
      signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`),
      issuer: did,
      type: 'AgentPostureCredential',
      subject,
      claims,
      validFrom: now,
      validUntil: now + 3600,
    })
    results[alg] = { did, token }
  }
  return results
}

/** @param {Given['net']} net */
async function fetchAll({ ca, open, addresses, requests }) {
  const fetch = createGuardedFetch({
    ca,
    [insecureAllowLoopback]: open,
    resolveHost: async (hostname) => addresses[hostname] ?? [],
  })
  /** @type {Record<string, string>} */
  const results = {}
  for (const { name, url, timeoutMs = 20_000 } of requests) {
    results[name] = await outcome(async () => {
      const { status, body } = await fetch(url, { timeoutMs })
      return `${status} ${new TextDecoder().decode(body)}`
    })
  }
  fetch.close()
  return results
}

/**
 * @param {() => Promise<string>} run
 * @returns {Promise<string>}
 */
async function outcome(run) {
  try {
    return await run()
  } catch (error) {
    return error instanceof ComityError ? error.code : String(error)
  }
}

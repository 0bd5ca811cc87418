import type { PinningGiven } from './pinning.mjs'
import type { Given } from './program.mjs'
import type { Servers } from './servers.ts'

/** Requests by the guarded fetch. */
export interface FetchCases {
  readonly given: Given['net']
  /** The answers where connections can be pinned, by the request's name. */
  readonly expected: Readonly<Record<string, string>>
  /** The same and some to public hosts, for where connections cannot be pinned: nothing is sent. */
  readonly strangers: Given['net']
  /** The answers there. */
  readonly refusals: Readonly<Record<string, string>>
}

/** Requests by the transport below it. */
export interface PinningCases {
  readonly given: PinningGiven
  /** The answers, by the request's name. */
  readonly expected: Readonly<Record<string, string>>
}

/** A server's behaviour each, in an order that matters: the silent ones come over a connection that was kept. */
export function fetchCases({ ca, port, misnamedPort, foreignPort }: Servers): FetchCases {
  const origins = [port, misnamedPort, foreignPort].map((one) => `https://localhost:${one}`)
  const [origin = '', misnamed = '', foreign = ''] = origins
  const cases: readonly (readonly [name: string, url: string, answer: string, timeoutMs?: number])[] = [
    ['an answer', `${origin}/`, '200 at 127.0.0.1'],
    ['gzip', `${origin}/gzip`, '200 unpacked'],
    ['brotli', `${origin}/brotli`, '200 unpacked'],
    ['silence', `${origin}/silence`, 'COMITY_NET_TIMEOUT', 500],
    ['an answer after silence', `${origin}/`, '200 at 127.0.0.1'],
    ['half an answer', `${origin}/half`, 'COMITY_NET_TIMEOUT', 500],
    ['a gzip bomb', `${origin}/bomb`, 'COMITY_NET_TOO_LARGE'],
    ['an answer after a bomb', `${origin}/`, '200 at 127.0.0.1'],
    ['a reset', `${origin}/reset`, 'COMITY_NET_UNREACHABLE'],
    ['a redirect', `${origin}/redirect`, 'COMITY_NET_REDIRECT'],
    ["another name's certificate", `${misnamed}/`, 'COMITY_NET_TLS'],
    ["a stranger's certificate", `${foreign}/`, 'COMITY_NET_TLS'],
    ['a name that leads inside', 'https://inside.example/', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
  ]
  const literals = ['https://169.254.169.254/', 'https://[::1]/', `https://127.0.0.1:${port}/`]
  const requests = cases.map(([name, url, , timeoutMs]) => ({ name, url, ...(timeoutMs && { timeoutMs }) }))
  const refused = Object.fromEntries(literals.map((url) => [url, 'COMITY_NET_ADDRESS_NOT_ALLOWED']))
  const expected = Object.fromEntries(cases.map(([name, , answer]) => [name, answer]))
  const unpinned = Object.fromEntries(cases.map(([name]) => [name, 'COMITY_NET_UNPINNED']))
  const given = {
    ca,
    open: origins,
    addresses: { 'inside.example': ['10.0.0.1'], 'partner.example': ['93.184.215.14'] },
    requests: [...requests, ...literals.map((url) => ({ name: url, url }))],
  }
  const publicUrls = ['https://partner.example/', 'https://93.184.215.14/', 'https://unknown.example/']
  return {
    given,
    expected: { ...expected, ...refused },
    strangers: { ...given, requests: [...given.requests, ...publicUrls.map((url) => ({ name: url, url }))] },
    refusals: {
      ...unpinned,
      ...Object.fromEntries(publicUrls.map((url) => [url, 'COMITY_NET_UNPINNED'])),
      // Known to the test's resolver alone.
      'a name that leads inside': 'COMITY_NET_ADDRESS_NOT_ALLOWED',
      'https://unknown.example/': 'COMITY_NET_UNREACHABLE',
      ...refused,
    },
  }
}

/** Two servers on one port and two addresses, so that the answer tells which of them was connected to. */
export function pinningCases({ ca, port, misnamedPort, foreignPort }: Servers): PinningCases {
  const at = (host: string, ofPort = port): string => `https://${host}:${ofPort}/`
  const cases: readonly (readonly [name: string, url: string, address: string, answer: string])[] = [
    ['a name that no DNS has', at('pinned.example'), '127.0.0.1', 'at 127.0.0.1'],
    ['the name, elsewhere', at('pinned.example'), '127.0.0.2', 'at 127.0.0.2'],
    ['the name, back again', at('pinned.example'), '127.0.0.1', 'at 127.0.0.1'],
    ['a name that DNS has elsewhere', at('localhost'), '127.0.0.2', 'at 127.0.0.2'],
    ['an address', at('127.0.0.1'), '127.0.0.1', 'at 127.0.0.1'],
    ['an address, elsewhere', at('127.0.0.1'), '127.0.0.2', 'COMITY_NET_ADDRESS_NOT_ALLOWED'],
    ["another name's certificate", at('pinned.example', misnamedPort), '127.0.0.1', 'COMITY_NET_TLS'],
    ["a stranger's certificate", at('pinned.example', foreignPort), '127.0.0.1', 'COMITY_NET_TLS'],
  ]
  return {
    given: { ca, requests: cases.map(([name, url, address]) => ({ name, url, addresses: [address] })) },
    expected: Object.fromEntries(cases.map(([name, , , answer]) => [name, answer])),
  }
}

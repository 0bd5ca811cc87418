import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createTrustBundle,
  formatPem,
  formatTrustBundle,
  type TrustBundle,
  type X509Svid,
} from '../../spiffe/index.ts'
import type { WorkloadJwtSvid } from '../../spiffe/workload-api.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { clientFor, dateOf, summaryOf, type SocketFlags } from './spiffe-bundles.ts'

/** The flags of `comity spiffe fetch`. */
export interface FetchFlags extends SocketFlags {
  readonly audience: readonly string[]
  readonly out?: string
  readonly withKeys: boolean
  readonly json: boolean
}

/** Only for whoever runs the program. */
const SECRET = 0o600
const PUBLIC = 0o644

/**
 * Fetches what the Workload API has for this workload and says what it is; with `--out` it goes to files. Private keys
 * and tokens are never printed. Gives the exit code.
 */
export async function fetchSvids(flags: FetchFlags, output: ProgramOutput): Promise<number> {
  const { audience, out, withKeys } = flags
  if (withKeys && out === undefined) throw new UsageError('--with-keys needs --out: keys are not printed')
  const client = clientFor(flags)
  try {
    const { svids, bundles } = await client.fetchX509Context()
    const tokens = audience.length === 0 ? [] : await client.fetchJwtSvids({ audience })
    const all = joined(bundles, await client.fetchJwtBundles())
    const files = out === undefined ? [] : await write(out, { svids, tokens, bundles: all }, withKeys)
    print(
      output,
      flags.json,
      {
        ok: true,
        x509Svids: svids.map(summarize),
        jwtSvids: tokens.map(summarize),
        bundles: all.map(summaryOf),
        files,
      },
      [
        ...svids.map((svid) => `X.509-SVID: ${describe(svid)}`),
        ...tokens.map((token) => `JWT-SVID: ${describe(token)}`),
        ...all.map(describeCounts),
        ...files.map((file) => `written: ${file}`),
      ],
    )
    return 0
  } finally {
    client.close()
  }
}

function summarize({ id, expiresAt, hint }: X509Svid | WorkloadJwtSvid): object {
  return { spiffeId: id.uri, expiresAt: dateOf(expiresAt), hint }
}

function describe({ id, expiresAt, hint }: X509Svid | WorkloadJwtSvid): string {
  return `${id.uri}, valid until ${dateOf(expiresAt)}${hint === '' ? '' : `, hint ${hint}`}`
}

/** One bundle for each trust domain: the Workload API gives the two kinds of authorities apart. */
function joined(x509: readonly TrustBundle[], jwt: readonly TrustBundle[]): readonly TrustBundle[] {
  const all = [...x509, ...jwt]
  const domains = new Map(all.map(({ trustDomain }) => [trustDomain.name, trustDomain]))
  return [...domains.values()].map((trustDomain) => {
    const own = all.filter((bundle) => bundle.trustDomain.name === trustDomain.name)
    const x509Authorities = own.flatMap((bundle) => bundle.x509Authorities)
    const jwtAuthorities = own.flatMap((bundle) => [...bundle.jwtAuthorities.values()])
    return createTrustBundle({ trustDomain, x509Authorities, jwtAuthorities })
  })
}

function describeCounts({ trustDomain, x509Authorities, jwtAuthorities }: TrustBundle): string {
  const counts = `${String(x509Authorities.length)} X.509 and ${String(jwtAuthorities.size)} JWT authorities`
  return `bundle: ${trustDomain.name}, ${counts}`
}

/** What goes to files. */
interface Fetched {
  readonly svids: readonly X509Svid[]
  readonly tokens: readonly WorkloadJwtSvid[]
  readonly bundles: readonly TrustBundle[]
}

async function write(
  folder: string,
  { svids, tokens, bundles }: Fetched,
  withKeys: boolean,
): Promise<readonly string[]> {
  const files: readonly (readonly [name: string, content: string, mode: number])[] = [
    ...svids.flatMap(({ chain, privateKey }, index) => {
      const certificates = chain.map(({ der }) => formatPem('CERTIFICATE', der)).join('')
      const name = `svid.${String(index)}`
      const key = formatPem('PRIVATE KEY', privateKey)
      return [
        [`${name}.pem`, certificates, PUBLIC] as const,
        ...(withKeys ? [[`${name}.key`, key, SECRET] as const] : []),
      ]
    }),
    // Whoever has a token can use it.
    ...tokens.map(({ token }, index) => [`svid.${String(index)}.jwt`, token, SECRET] as const),
    ...bundles.map(
      (bundle) => [`bundle.${bundle.trustDomain.name}.json`, formatTrustBundle(bundle), PUBLIC] as const,
    ),
  ]
  await mkdir(folder, { recursive: true })
  for (const [name, content, mode] of files) {
    const file = join(folder, name)
    // In place of what was there, whose mode would stay.
    await rm(file, { force: true })
    await writeFile(file, content, { mode, flag: 'wx' })
  }
  return files.map(([name]) => join(folder, name))
}

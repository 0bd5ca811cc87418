import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { ComityError } from '../../errors/index.ts'
import { systemClock } from '../../runtime/index.ts'
import {
  createBundleSet,
  parsePem,
  verifyJwtSvid,
  verifyX509Svid,
  type BundleSource,
} from '../../spiffe/index.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { bundlesFromApi, dateOf, readBundleFiles, type SocketFlags } from './spiffe-bundles.ts'

/** The flags of `comity spiffe validate`. */
export interface ValidateFlags extends SocketFlags {
  readonly bundle: readonly string[]
  readonly audience: readonly string[]
  readonly json: boolean
}

/** Verifies a JWT-SVID, or a chain of certificates in PEM. Gives the exit code. */
export async function validateSvid(
  file: string,
  flags: ValidateFlags,
  output: ProgramOutput,
): Promise<number> {
  const content = (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim()
  const kind = content.startsWith('-----BEGIN') ? 'x509' : 'jwt'
  if (kind === 'jwt' && flags.audience.length === 0) {
    throw new UsageError('a JWT-SVID is for somebody: say with --audience who is asked to take it')
  }
  const bundles = await bundlesFor(flags, kind)
  try {
    const { id, expiresAt } = await (kind === 'jwt'
      ? verifyJwtSvid(content, { bundles, audience: flags.audience, now: systemClock.now() })
      : verifyX509Svid(chainIn(content), { bundles, now: systemClock.now() }))
    const until = dateOf(expiresAt)
    const what = kind === 'jwt' ? 'JWT-SVID' : 'X.509-SVID'
    print(output, flags.json, { ok: true, kind: what, spiffeId: id.uri, expiresAt: until }, [
      `good: the ${what} of ${id.uri}, valid until ${until}`,
    ])
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    print(output, flags.json, { ok: false, error }, [`refused: ${error.message} (${error.code})`])
    return 1
  }
}

async function bundlesFor(flags: ValidateFlags, kind: 'x509' | 'jwt'): Promise<BundleSource> {
  if (flags.bundle.length === 0) return bundlesFromApi(flags, kind)
  if (flags.socket !== undefined) throw new UsageError('give --bundle or --socket')
  return createBundleSet(await readBundleFiles(flags.bundle))
}

/** A private key that stands in the same file is not looked at. */
function chainIn(pem: string): readonly Uint8Array[] {
  return parsePem(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ bytes }) => bytes)
}

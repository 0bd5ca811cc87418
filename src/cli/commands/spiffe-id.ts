import { ComityError } from '../../errors/index.ts'
import { parseSpiffeId } from '../../spiffe/index.ts'
import { print, type ProgramOutput } from '../output.ts'

/** What should not be longer, for others need not take it (SPIFFE-ID §2.3). */
const SUPPORTED_LENGTH = 2048

/** Says what a SPIFFE ID is made of, or what is wrong with it. Gives the exit code. */
export async function explainId(
  text: string,
  { json }: { readonly json: boolean },
  output: ProgramOutput,
): Promise<number> {
  try {
    const { uri, trustDomain, path } = parseSpiffeId(text)
    const segments = path.split('/').slice(1)
    print(output, json, { ok: true, uri, trustDomain: trustDomain.name, path, segments }, [
      `trust domain: ${trustDomain.name}`,
      path === '' ? 'path: none; it names the trust domain itself, and no workload' : `path: ${path}`,
      ...(uri.length > SUPPORTED_LENGTH
        ? [
            `it has ${String(uri.length)} characters: not everybody takes more than ${String(SUPPORTED_LENGTH)}`,
          ]
        : []),
    ])
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    const { spec = '' } = error
    print(output, json, { ok: false, error }, [`refused: ${error.message} (${error.code}; ${spec})`])
    return 1
  }
}

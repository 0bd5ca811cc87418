import { decodeBase64url, encodeBase64url, isJsonObject, parseJson } from '../../encoding/index.ts'
import { encodeFieldElement, generateAuditorKey, openEscrow } from '../../zk/index.ts'
import { assertFree, readBounded, writeSecret } from '../ceremony/files.ts'
import { assertPrivate } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { readText } from './zk-input.ts'

const KEY_BYTES = 32
const MAX_KEY_FILE_BYTES = 1024

/** Makes an auditor's key: the private part goes to a file, the public one is printed. Gives the exit code. */
export async function keygen(
  { out, json }: { readonly out: string; readonly json: boolean },
  output: ProgramOutput,
): Promise<number> {
  await assertFree(out)
  const { privateKey, jwk } = generateAuditorKey()
  await writeSecret(out, `${encodeBase64url(privateKey)}\n`)
  print(output, json, { ok: true, out, publicKeyJwk: jwk }, [
    `written: ${out}`,
    `public key, for keyAgreement: ${JSON.stringify(jwk)}`,
  ])
  return 0
}

/** Opens what a proof has sealed, and prints the digest of the credential. Gives the exit code. */
export async function openFile(
  file: string,
  { key, json }: { readonly key: string; readonly json: boolean },
  output: ProgramOutput,
): Promise<number> {
  const ciphertext = ciphertextIn(await readText(file))
  const digest = encodeFieldElement(openEscrow(ciphertext, await readKey(key)))
  print(output, json, { ok: true, digest }, [digest])
  return 0
}

async function readKey(file: string): Promise<Uint8Array> {
  await assertPrivate(file)
  const tooLarge = (): UsageError => new UsageError(`${file} is no private key of an auditor`)
  const text = Buffer.from(await readBounded(file, MAX_KEY_FILE_BYTES, tooLarge)).toString('utf8')
  const key = decodeBase64url(text.trim(), { maxBytes: KEY_BYTES })
  if (key.length !== KEY_BYTES) throw tooLarge()
  return key
}

/** The text itself, or the member of what `zk verify --json` has printed. */
function ciphertextIn(text: string): string {
  if (!text.startsWith('{')) return text
  const verified = parseJson(text)
  const escrow = isJsonObject(verified) && verified.ok === true ? verified.escrow : undefined
  if (!isJsonObject(escrow) || typeof escrow.ciphertext !== 'string') {
    throw new UsageError('the proof has sealed nothing, or was refused')
  }
  return escrow.ciphertext
}

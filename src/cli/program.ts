import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { parseJsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { runDemo } from './demo/demo.ts'
import { registerCeremony } from './commands/ceremony.ts'
import { resolveDid } from './commands/did-resolve.ts'
import { addNetworkOptions, registerFolderCommands } from './commands/register.ts'
import { registerSpiffe } from './commands/spiffe.ts'
import { registerStatus } from './commands/status.ts'
import { VERIFY_FORMATS, verifyFile } from './commands/verify.ts'
import { registerZk } from './commands/zk.ts'
import { collect, type NetworkFlags } from './network.ts'
import type { ProgramOutput } from './output.ts'

/**
 * Runs one command line. Whatever goes wrong becomes a line on standard error and an exit code.
 *
 * @param words - What follows the program's name.
 */
export async function runProgram(words: readonly string[], output: ProgramOutput): Promise<void> {
  try {
    await createProgram(output).parseAsync(words, { from: 'user' })
  } catch (error) {
    // Commander has written its own message, and help is no failure.
    if (error instanceof CommanderError) {
      output.exit(error.exitCode === 0 ? 0 : 2)
      return
    }
    if (error instanceof ComityError) {
      const { reason } = error.details
      const codes = [error.code, ...(typeof reason === 'string' ? [reason] : [])].join(', ')
      output.writeError(`refused: ${error.message} (${codes})`)
      output.exit(1)
      return
    }
    output.writeError(`error: ${error instanceof Error ? error.message : 'unknown'}`)
    output.exit(2)
  }
}

/** The command line. */
export function createProgram(output: ProgramOutput): Command {
  const program = new Command('comity')
    .description('Trust between AI agents of different organizations')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        output.write(text.trimEnd())
      },
      writeErr: (text) => {
        output.writeError(text.trimEnd())
      },
    })
  program
    .command('demo')
    .description(
      'two organizations meet, prove themselves, work, and are cut off: separate processes, on loopback',
    )
    .option('--json', 'one JSON object a line: {"step", "ok", "ms", "detail"}', false)
    .option('--keep', 'leave everything running, and print how to try it', false)
    .option(
      '--spire <dir>',
      "a folder of tools/spire/two-domains.sh, running: Acme's agents show SVIDs of it",
    )
    .action(async ({ json, keep, spire }: { json: boolean; keep: boolean; spire?: string }) => {
      output.exit(await runDemo({ json, keep, spire, write: output.write }))
    })

  const did = program.command('did').description('decentralized identifiers')
  addNetworkOptions(did.command('resolve').argument('<did>', 'the DID'))
    .description('prints the DID resolution result; exit code 1 when there is no document')
    .addHelpText('after', '\nExample:\n  $ comity did resolve did:web:agents.acme.example:invoices')
    .action(async (text: string, flags: NetworkFlags) => {
      output.exit(await resolveDid(text, flags, output))
    })

  addNetworkOptions(program.command('verify').argument('<file>', 'a credential; - is standard input'))
    .description('verifies a credential or a presentation; exit code 1 when it is refused')
    .addOption(new Option('--format <format>', 'what it is').choices(VERIFY_FORMATS).default('vc+jwt'))
    .option('--audience <did>', 'with dc+sd-jwt and vp+jwt: the verifier that it must have been signed for')
    .option('--nonce <text>', 'with dc+sd-jwt and vp+jwt: what the holder was given to sign')
    .requiredOption('--holder <did>', 'the DID that showed it')
    .option('--trust <did>', 'an issuer to believe, for every agent type; repeatable', collect, [])
    .option('--explain', 'list all faults, not just the first', false)
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  $ comity verify posture.jwt --explain --holder did:web:agents.acme.example:invoices \\\n      --trust did:web:acme.example',
    )
    .action(async (file: string, flags: Parameters<typeof verifyFile>[1]) => {
      output.exit(await verifyFile(file, flags, output))
    })
  addNetworkOptions(registerStatus(program, output))
  registerFolderCommands(program, did, output)
  registerSpiffe(program, addNetworkOptions, output)
  registerZk(program, addNetworkOptions, output)
  registerCeremony(program, output)
  return program
}

/** The version in the package's own description, beside which the program is installed. */
function packageVersion(): string {
  const { version } = parseJsonObject(readFileSync(new URL('../../package.json', import.meta.url)))
  return typeof version === 'string' ? version : 'unknown'
}

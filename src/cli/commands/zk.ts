import type { Command } from 'commander'
import type { ProgramOutput } from '../output.ts'
import { keygen, openFile } from './zk-escrow.ts'
import { showPolicy, type PolicyFlags } from './zk-policy.ts'
import { prove, type ProveFlags } from './zk-prove.ts'
import { verifyProof, type VerifyProofFlags } from './zk-verify.ts'

/**
 * Adds the commands about compliance proofs.
 *
 * @param addNetworkOptions - Adds the options of every command that reaches out.
 */
export function registerZk(
  program: Command,
  addNetworkOptions: (command: Command) => Command,
  output: ProgramOutput,
): void {
  const zk = program.command('zk').description('compliance proofs: that a demand is met, and nothing else')
  registerPolicy(zk, output)
  registerProve(zk, addNetworkOptions, output)
  registerVerify(zk, addNetworkOptions, output)
  registerEscrow(zk, output)
}

function finish(command: Command, line: string): Command {
  return command
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', `\nExample:\n  $ ${line}`)
}

function registerPolicy(zk: Command, output: ProgramOutput): void {
  finish(
    zk
      .command('policy')
      .argument('<file>', 'a demand, or a template of one: without `anchors` and `epoch`')
      .description('says what proofs a demand asks for, and what in it may not mean what it seems to')
      .option('--strict', 'exit code 1 when there is a warning', false)
      .action(async (file: string, flags: PolicyFlags) => {
        output.exit(await showPolicy(file, flags, output))
      }),
    'comity zk policy demand.json',
  )
}

/** What both who proves and who verifies have to say. */
function aboutOccasion(command: Command): Command {
  return command
    .requiredOption('--demand <file>', 'the demand, as the verifier sent it')
    .option('--query <id>', 'which of its queries; needed where several ask for a proof')
    .requiredOption('--audience <did>', 'the verifier')
}

function registerProve(
  zk: Command,
  addNetworkOptions: (command: Command) => Command,
  output: ProgramOutput,
): void {
  finish(
    addNetworkOptions(aboutOccasion(zk.command('prove')))
      .description("proves that a credential of the folder's wallet meets a query")
      .option('--dir <folder>', 'the folder of the agent', '.')
      .requiredOption(
        '--anchors <url-or-file>',
        "the verifier's endpoint of anchor lists, or a download from it",
      )
      .requiredOption(
        '--artifacts <folder>',
        'what proofs are made with: the build of the circuit, or of a ceremony',
      )
      .option('--key <thumbprint>', "of the key that will show it (RFC 7638); defaults to the folder's DID's")
      .option('--accept-development-setup', 'do not warn that its makers can forge proofs', false)
      .option('--out <file>', 'write the proof there, with mode 0600, and not to standard output')
      .action(async (flags: ProveFlags) => {
        output.exit(await prove(flags, output))
      }),
    'comity zk prove --demand demand.json --audience did:web:globex.example \\\n' +
      '      --anchors https://globex.example/comity/anchors --artifacts artifacts --out proof',
  )
}

function registerVerify(
  zk: Command,
  addNetworkOptions: (command: Command) => Command,
  output: ProgramOutput,
): void {
  finish(
    addNetworkOptions(aboutOccasion(zk.command('verify').argument('<file>', 'a proof; - is standard input')))
      .description('verifies a compliance proof; exit code 1 when it is refused')
      .requiredOption('--anchors <file>', 'the download of the anchor list that the demand names')
      .requiredOption('--key <thumbprint>', 'of the key of who showed it (RFC 7638, SHA-256)')
      .option('--verification-key <file>', 'of the setup; needed unless the development setup is accepted')
      .option('--accept-development-setup', 'verify with a key whose makers can forge proofs', false)
      .option('--auditor-key <file>', "the auditor's public key as a JWK, where it is not to be resolved")
      .option('--at <seconds>', 'when it was shown, in seconds since 1970; defaults to now')
      .action(async (file: string, flags: VerifyProofFlags) => {
        output.exit(await verifyProof(file, flags, output))
      }),
    'comity zk verify proof --demand demand.json --audience did:web:globex.example --anchors anchors.json \\\n' +
      '      --key cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s --verification-key artifacts/verification_key.json',
  )
}

function registerEscrow(zk: Command, output: ProgramOutput): void {
  const escrow = zk.command('escrow').description("an auditor's key, and what proofs have sealed for it")
  finish(
    escrow
      .command('keygen')
      .description('makes a key; the public part goes into keyAgreement of the DID document')
      .requiredOption('--out <file>', 'a new file for the private key, of mode 0600')
      .action(async (flags: { out: string; json: boolean }) => {
        output.exit(await keygen(flags, output))
      }),
    'comity zk escrow keygen --out auditor.key',
  )
  finish(
    escrow
      .command('open')
      .argument(
        '<file>',
        'escrow.ciphertext of a verified proof, or what `zk verify --json` printed; - is standard input',
      )
      .description('opens what a proof sealed: the digest of the credential, whose holder its issuer knows')
      .requiredOption('--key <file>', 'the private key, of mode 0600')
      .action(async (file: string, flags: { key: string; json: boolean }) => {
        output.exit(await openFile(file, flags, output))
      }),
    'comity zk escrow open ciphertext --key auditor.key',
  )
}

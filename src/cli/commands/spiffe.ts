import { Option, type Command } from 'commander'
import { collect } from '../network.ts'
import type { ProgramOutput } from '../output.ts'
import { showBundle, type BundleFlags } from './spiffe-bundle.ts'
import { spiffeDoctor, type SpiffeDoctorFlags } from './spiffe-doctor.ts'
import { federate, type FederateFlags } from './spiffe-federate.ts'
import { fetchSvids, type FetchFlags } from './spiffe-fetch.ts'
import { explainId } from './spiffe-id.ts'
import { validateSvid, type ValidateFlags } from './spiffe-validate.ts'

/**
 * Adds the commands about SPIFFE.
 *
 * @param addNetworkOptions - Adds the options of every command that reaches out.
 */
export function registerSpiffe(
  program: Command,
  addNetworkOptions: (command: Command) => Command,
  output: ProgramOutput,
): void {
  const spiffe = program.command('spiffe').description('SPIFFE IDs, SVIDs, bundles and trust domains')
  registerLocal(spiffe, output)
  registerWorkload(spiffe, output)
  registerRemote(spiffe, addNetworkOptions, output)
}

function finish(command: Command, line: string): Command {
  return command
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', `\nExample:\n  $ ${line}`)
}

function repeatable(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeatable`).argParser(collect).default([])
}

const SOCKET = [
  '--socket <address>',
  'of the Workload API, such as unix:///run/spire/agent.sock; defaults to SPIFFE_ENDPOINT_SOCKET',
] as const

function withEndpoint(command: Command): Command {
  return command
    .option('--endpoint <url>', 'where the bundle is fetched from')
    .option(
      '--endpoint-id <id>',
      'the SPIFFE ID that the endpoint must have (https_spiffe; without it, https_web)',
    )
    .option('--first-bundle <file>', "with --endpoint-id: the bundle of that ID's trust domain to begin with")
}

function registerLocal(spiffe: Command, output: ProgramOutput): void {
  finish(
    spiffe
      .command('id')
      .argument('<id>', 'a SPIFFE ID')
      .description('says what a SPIFFE ID is made of; exit code 1 when it is none')
      .action(async (id: string, flags: { json: boolean }) => {
        output.exit(await explainId(id, flags, output))
      }),
    'comity spiffe id spiffe://acme.example/agents/invoices',
  )
  finish(
    spiffe
      .command('validate')
      .argument('<file>', 'a JWT-SVID, or a chain of certificates in PEM; - is standard input')
      .description('verifies an SVID; exit code 1 when it is refused')
      .addOption(repeatable('--bundle <trust-domain=file>', 'a bundle to trust, SPIFFE or PEM'))
      .option(...SOCKET)
      .addOption(repeatable('--audience <name>', 'for a JWT-SVID: who is asked to take it'))
      .action(async (file: string, flags: ValidateFlags) => {
        output.exit(await validateSvid(file, flags, output))
      }),
    'comity spiffe validate svid.jwt --bundle acme.example=bundle.json --audience spiffe://globex.example/gateway',
  )
}

function registerWorkload(spiffe: Command, output: ProgramOutput): void {
  finish(
    spiffe
      .command('fetch')
      .description('says what the Workload API has for this workload, and writes it to files')
      .option(...SOCKET)
      .addOption(repeatable('--audience <name>', 'fetch a JWT-SVID for it too'))
      .option('--out <folder>', 'write SVIDs and bundles there; tokens with mode 0600')
      .option('--with-keys', 'with --out: write the private keys too, with mode 0600', false)
      .action(async (flags: FetchFlags) => {
        output.exit(await fetchSvids(flags, output))
      }),
    'comity spiffe fetch --socket unix:///run/spire/sockets/agent.sock --out svids',
  )
}

function registerRemote(
  spiffe: Command,
  addNetworkOptions: (command: Command) => Command,
  output: ProgramOutput,
): void {
  finish(
    addNetworkOptions(withEndpoint(spiffe.command('bundle').argument('[file]', 'a bundle, SPIFFE or PEM')))
      .description('shows a bundle from a file or an endpoint, or writes it in another form')
      .requiredOption('--trust-domain <name>', 'whose bundle it is, for it does not say')
      .addOption(
        new Option('--to <form>', 'what is printed').choices(['summary', 'spiffe', 'pem']).default('summary'),
      )
      .action(async (file: string | undefined, flags: BundleFlags) => {
        output.exit(await showBundle(file, flags, output))
      }),
    'comity spiffe bundle --trust-domain acme.example --endpoint https://bundle.acme.example/ --to pem',
  )
  finish(
    addNetworkOptions(
      withEndpoint(spiffe.command('federate').argument('[did]', "an organization's or agent's DID")),
    )
      .description("fetches another trust domain's bundle, by a DID or from its endpoint, and hands it on")
      .option('--trust-domain <name>', 'with --endpoint: whose bundle it is')
      .addOption(repeatable('--trust <did>', 'an issuer that is believed about trust domains'))
      .addOption(repeatable('--pin <trust-domain>', 'a trust domain that this DID is believed to have'))
      .option('--out <file>', 'write the bundle there')
      .option('--spire-socket <path>', 'make the SPIRE server with this API socket trust it')
      .option('--spire-server <program>', 'the program spire-server, if not in PATH')
      .action(async (did: string | undefined, flags: FederateFlags) => {
        output.exit(await federate(did, flags, output))
      }),
    'comity spiffe federate did:web:acme.example --out acme.json --spire-socket /run/spire/server.sock',
  )
  finish(
    addNetworkOptions(withEndpoint(spiffe.command('doctor')))
      .description('says in plain words what is wrong with socket, agent, SVIDs, bundles, endpoint and DID')
      .option(...SOCKET)
      .option('--trust-domain <name>', 'with --endpoint: whose bundle it is')
      .option('--did <did>', 'look at the trust domain that this DID claims, too')
      .action(async (flags: SpiffeDoctorFlags) => {
        output.exit(await spiffeDoctor(flags, output))
      }),
    'comity spiffe doctor --socket unix:///run/spire/sockets/agent.sock --did did:web:acme.example',
  )
}

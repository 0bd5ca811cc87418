import { Command, Option } from 'commander'
import { collect } from '../network.ts'
import type { ProgramOutput } from '../output.ts'
import { connect } from './connect.ts'
import { addCredential } from './credential.ts'
import { createDid } from './did-create.ts'
import { deactivateDid } from './did-deactivate.ts'
import { showHistory } from './did-history.ts'
import { rotateKey } from './did-rotate.ts'
import { publishDocument } from './did.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
import { issue, revoke } from './issue.ts'
import { present } from './present.ts'
import { serve } from './serve.ts'
import { addTrust, explainTrust, listTrust } from './trust.ts'

/** Adds the options of every command that reaches out. */
export function addNetworkOptions(command: Command): Command {
  return command
    .option('--ca <file>', 'a PEM file with further roots to trust')
    .addOption(
      new Option(
        '--allow-loopback <host:port>',
        'an https origin on this machine that may be fetched from; repeatable',
      )
        .argParser(collect)
        .default([]),
    )
}

function onFolder(command: Command): Command {
  return command
    .option('--dir <folder>', 'the folder of the organization or agent', '.')
    .option('--json', 'print the result as JSON', false)
}

function example(command: Command, line: string): Command {
  return command.addHelpText('after', `\nExample:\n  $ ${line}`)
}

/** An action of commander's: arguments, then the flags; the exit code is set from what it gives. */
function run(
  output: ProgramOutput,
  action: (...words: never[]) => Promise<number>,
  count: number,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // Commander gives the arguments, the options, and then itself.
    output.exit(await action(...([...given.slice(0, count), output] as never[])))
  }
}

/** The commands on a folder. */
export function registerFolderCommands(program: Command, did: Command, output: ProgramOutput): void {
  const initCommand = program
    .command('init')
    .argument('<folder>', 'a new folder')
    .description('makes an organization (--origin) or an agent (--agent, --organization) in a folder')
    .option('--origin <url>', 'the public https origin of the organization')
    .option('--agent <did>', 'the DID of the agent')
    .option('--organization <did>', 'the DID of the organization that answers for the agent')
    .option('--json', 'print the result as JSON', false)
    .action(run(output, init, 2))
  example(initCommand, 'comity init acme --origin https://agents.acme.example')

  registerDids(did, output)
  registerIssuing(program, output)
  registerConnecting(program, output)
}

function registerDids(did: Command, output: ProgramOutput): void {
  example(
    onFolder(did.command('create'))
      .description("makes a DID with a key in the folder's wallet, and publishes it")
      .addOption(
        new Option('--method <method>', 'the DID method').choices(['web', 'webvh', 'key']).default('web'),
      )
      .option('--location <url>', "the DID's place, under the organization's origin; for web and webvh")
      .addOption(
        new Option('--also-known-as <uri>', 'another name of the subject; repeatable')
          .argParser(collect)
          .default([]),
      )
      .option('--agent-card <url>', 'where the A2A agent card is')
      .option('--zk', 'with a key that signs what compliance proofs are made of', false)
      .action(run(output, createDid, 1)),
    'comity did create --dir acme --method webvh --location https://agents.acme.example/agents/invoices',
  )
  example(
    onFolder(did.command('publish').argument('<file>', "an agent's did.json"))
      .description("publishes an agent's DID document at its organization")
      .action(run(output, publishDocument, 2)),
    'comity did publish --dir acme invoices/did.json',
  )
  example(
    onFolder(did.command('rotate'))
      .description('makes a new key; the old ones verify until they are dropped')
      .option('--did <did>', "the DID; defaults to the folder's own")
      .option('--signs-in <seconds>', 'how long the old key goes on signing', '60')
      .option('--drop', 'drop the old keys from the document', false)
      .option(
        '--zk',
        'a key that signs what compliance proofs are made of; with --drop, the old ones of these',
        false,
      )
      .action(run(output, rotateKey, 1)),
    'comity did rotate --dir acme',
  )
  example(
    onFolder(did.command('deactivate').argument('<did>', 'a DID that the folder publishes'))
      .description('ends a DID for good; exit code 1 when it had come to its end before')
      .action(run(output, deactivateDid, 2)),
    'comity did deactivate --dir acme did:web:agents.acme.example:invoices',
  )
  example(
    addNetworkOptions(did.command('history').argument('<did>', 'the DID'))
      .description('lists the versions of a DID; exit code 1 when none is known')
      .option('--dir <folder>', 'the folder that publishes it; without, the log of a did:webvh is fetched')
      .option('--json', 'print the result as JSON', false)
      .action(run(output, showHistory, 2)),
    'comity did history --dir acme did:web:agents.acme.example:invoices',
  )
}

function registerIssuing(program: Command, output: ProgramOutput): void {
  example(
    addNetworkOptions(onFolder(program.command('issue').argument('<type>', 'such as AgentPostureCredential')))
      .description('issues a credential about an agent into a file')
      .requiredOption('--subject <did>', 'the agent')
      .requiredOption('--claims <file>', 'a JSON file with the claims')
      .requiredOption('--out <file>', 'where the credential goes')
      .option('--hours <number>', 'how long it holds', '12')
      .addOption(
        new Option('--format <format>', 'the whole in the open, or claims that the agent shows one by one')
          .choices(['vc+jwt', 'dc+sd-jwt'])
          .default('vc+jwt'),
      )
      .option('--holder-key <did-url>', "with dc+sd-jwt: the agent's key to bind it to, if it has several")
      .action(run(output, issue, 2)),
    'comity issue AgentPostureCredential --dir acme --subject did:web:agents.acme.example:invoices --claims posture.json --out posture.jwt',
  )
  example(
    onFolder(program.command('revoke'))
      .description('revokes an agent or a credential; peers hear of it from `comity serve` at once')
      .option('--agent <did>', 'an agent, with all that it was issued')
      .option('--credential <id>', 'one credential')
      .requiredOption('--reason <code>', 'a coarse code, such as compromised')
      .action(run(output, revoke, 1)),
    'comity revoke --dir acme --agent did:web:agents.acme.example:invoices --reason compromised',
  )
  const credential = program.command('credential').description('what an agent holds')
  example(
    onFolder(credential.command('add').argument('<file>', 'a credential, as it was issued'))
      .description("takes a credential into the agent's wallet")
      .requiredOption(
        '--release <rule>',
        '`public`, `never`, or a file with the demand that a peer must meet first',
      )
      .action(run(output, addCredential, 2)),
    'comity credential add --dir invoices posture.jwt --release public',
  )
  example(
    onFolder(program.command('present').argument('<demand>', 'a JSON file with the demand'))
      .description(
        'says what the wallet would show for a demand, or signs it; exit code 1 when it cannot answer',
      )
      .option('--audience <did>', 'signs it for this verifier')
      .option('--nonce <text>', 'with --audience: what the verifier gave to be signed')
      .option('--out <folder>', 'with --audience: where the presentations go')
      .action(run(output, present, 2)),
    'comity present --dir invoices demand.json',
  )
  registerTrust(program, output)
}

function registerTrust(program: Command, output: ProgramOutput): void {
  const trust = program.command('trust').description('whom to believe')
  example(
    onFolder(trust.command('add').argument('<did>', 'an issuer, the owner of a trust list, or an accreditor'))
      .description('believes an issuer, or those that a list or an accreditor names')
      .addOption(
        new Option('--as <role>', 'what it is trusted as')
          .choices(['issuer', 'list', 'accreditor'])
          .default('issuer'),
      )
      .addOption(
        new Option('--types <type>', 'for one type; repeatable; without it, for all')
          .argParser(collect)
          .default([]),
      )
      .addOption(
        new Option('--audience <did>', 'towards one party only; repeatable').argParser(collect).default([]),
      )
      .option('--url <url>', "where a list is, if not where its owner's DID document says")
      .option('--depth <number>', 'the most accreditations below an accreditor, 1 to 3')
      .action(run(output, addTrust, 2)),
    'comity trust add --dir globex did:web:agents.acme.example --types AgentPostureCredential',
  )
  example(
    onFolder(trust.command('list'))
      .description('lists who is believed for what')
      .action(run(output, listTrust, 1)),
    'comity trust list --dir globex',
  )
  example(
    addNetworkOptions(onFolder(trust.command('explain').argument('<did>', 'an issuer')))
      .description('says what every rule says about an issuer; exit code 1 when none believes it')
      .requiredOption('--type <type>', 'a type of credential')
      .option('--audience <did>', "towards whom; defaults to the folder's own DID")
      .action(run(output, explainTrust, 2)),
    'comity trust explain --dir globex did:web:agents.acme.example --type AgentPostureCredential',
  )
}

function registerConnecting(program: Command, output: ProgramOutput): void {
  example(
    addNetworkOptions(
      onFolder(program.command('connect').argument('<peer>', 'a DID').argument('<path>', 'a path')),
    )
      .description('runs a handshake with a partner and sends one request in the session')
      .requiredOption('--request <file>', 'a JSON file with the authorization details wanted')
      .option('--demand <file>', "what the partner must show; defaults to the folder's demand.json")
      .option('--method <method>', 'the method of the request', 'GET')
      .action(run(output, connect, 3)),
    'comity connect --dir invoices did:web:globex.example /invoices/2026-10.json --request request.json',
  )
  example(
    addNetworkOptions(onFolder(program.command('serve')))
      .description('serves an organization: what it publishes, and its gateway if resources.json has entries')
      .requiredOption('--key <file>', "the TLS certificate's private key, PEM, readable by its owner only")
      .requiredOption('--cert <file>', 'the TLS certificate, PEM')
      .option('--host <address>', 'the address to listen on', '127.0.0.1')
      .option('--port <number>', "the port; defaults to the origin's")
      .option('--upstream <url>', 'where allowed requests go')
      .option('--static <folder>', 'or files for them')
      .addOption(
        new Option('--peer <did>', 'who may hear the events; repeatable').argParser(collect).default([]),
      )
      .action(run(output, serve, 1)),
    'comity serve --dir acme --key key.pem --cert cert.pem --peer did:web:globex.example',
  )
  example(
    addNetworkOptions(onFolder(program.command('doctor')))
      .description('says in plain words what is wrong with keys, clock, DNS, certificates and documents')
      .action(run(output, doctor, 1)),
    'comity doctor --dir invoices',
  )
}

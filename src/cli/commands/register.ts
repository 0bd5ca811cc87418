import { Command, Option } from 'commander'
import { collect } from '../network.ts'
import type { ProgramOutput } from '../output.ts'
import { connect } from './connect.ts'
import { addCredential, present } from './credential.ts'
import { publishDocument, rotateKey } from './did.ts'
import { doctor } from './doctor.ts'
import { init } from './init.ts'
import { issue, revoke } from './issue.ts'
import { serve } from './serve.ts'
import { addTrust, listTrust } from './trust.ts'

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

  example(
    onFolder(did.command('publish').argument('<file>', "an agent's did.json"))
      .description("publishes an agent's DID document at its organization")
      .action(run(output, publishDocument, 2)),
    'comity did publish --dir acme invoices/did.json',
  )
  example(
    onFolder(did.command('rotate'))
      .description('makes a new key; the old ones verify until they are dropped')
      .option('--drop', 'drop the old keys from the document', false)
      .action(run(output, rotateKey, 1)),
    'comity did rotate --dir acme',
  )
  registerIssuing(program, output)
  registerConnecting(program, output)
}

function registerIssuing(program: Command, output: ProgramOutput): void {
  example(
    onFolder(program.command('issue').argument('<type>', 'such as AgentPostureCredential'))
      .description('issues a credential about an agent into a file')
      .requiredOption('--subject <did>', 'the agent')
      .requiredOption('--claims <file>', 'a JSON file with the claims')
      .requiredOption('--out <file>', 'where the credential goes')
      .option('--hours <number>', 'how long it holds', '12')
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
    onFolder(credential.command('add').argument('<file>', 'a vc+jwt credential'))
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
      .description('says what the wallet would show for a demand; exit code 1 when it cannot answer')
      .action(run(output, present, 2)),
    'comity present --dir invoices demand.json',
  )
  const trust = program.command('trust').description('whom to believe')
  example(
    onFolder(trust.command('add').argument('<did>', 'an issuer'))
      .description('believes an issuer')
      .addOption(
        new Option('--types <type>', 'for one type; repeatable; without it, for all')
          .argParser(collect)
          .default([]),
      )
      .action(run(output, addTrust, 2)),
    'comity trust add --dir globex did:web:agents.acme.example --types AgentPostureCredential',
  )
  example(
    onFolder(trust.command('list'))
      .description('lists who is believed for what')
      .action(run(output, listTrust, 1)),
    'comity trust list --dir globex',
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

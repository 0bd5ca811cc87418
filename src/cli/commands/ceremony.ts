import { Option, type Command } from 'commander'
import { collect } from '../network.ts'
import type { ProgramOutput } from '../output.ts'
import { contribute, type ContributeFlags } from './ceremony-contribute.ts'
import { finish, type FinishFlags } from './ceremony-finish.ts'
import { start, type StartFlags } from './ceremony-start.ts'
import { verify, type VerifyFlags } from './ceremony-verify.ts'

/** Adds the commands by which a group of organizations makes a setup of its own. */
export function registerCeremony(program: Command, output: ProgramOutput): void {
  const ceremony = program
    .command('ceremony')
    .description('a Groth16 setup made by several organizations, of whom one honest one suffices')
  registerStart(ceremony, output)
  registerContribute(ceremony, output)
  registerVerify(ceremony, output)
  registerFinish(ceremony, output)
}

function withSetup(command: Command): Command {
  return command
    .requiredOption('--r1cs <file>', "the circuit's constraints, compiled by whoever checks")
    .requiredOption('--ptau <file>', 'powers of tau, prepared for the second phase')
}

function complete(command: Command, line: string): void {
  command.option('--json', 'print the result, and progress, as JSON', false)
  command.addHelpText('after', `\nExample:\n  $ ${line}`)
}

function publishedOption(): Option {
  return new Option(
    '--contribution <file>',
    'what a contributor has published: it must be in the key; repeatable',
  )
    .argParser(collect)
    .default([])
}

const CHECK_PTAU = ['--check-ptau', 'verify the powers of tau too, which takes minutes', false] as const

function registerStart(ceremony: Command, output: ProgramOutput): void {
  const command = withSetup(ceremony.command('start'))
    .description('makes the first key, which nobody has contributed to: anyone can forge proofs with it')
    .requiredOption('--out <folder>', 'a new folder')
    .option(...CHECK_PTAU)
    .action(async (flags: StartFlags) => {
      output.exit(await start(flags, output))
    })
  complete(command, 'comity ceremony start --r1cs compliance.r1cs --ptau final15.ptau --out ceremony')
}

function registerContribute(ceremony: Command, output: ProgramOutput): void {
  const command = ceremony
    .command('contribute')
    .description('adds randomness to a key, which this process then forgets')
    .requiredOption('--in <file>', 'the key of the one before')
    .requiredOption('--out <file>', 'the key for the one after; what to publish goes to a file beside it')
    .requiredOption('--name <name>', 'who contributes, as all will see it')
    .option('--entropy-file <file>', "more randomness, of mode 0600, beside the system's")
    .action(async (flags: ContributeFlags) => {
      output.exit(await contribute(flags, output))
    })
  complete(command, 'comity ceremony contribute --in ceremony/start.zkey --out 1.zkey --name acme.example')
}

function registerVerify(ceremony: Command, output: ProgramOutput): void {
  const command = withSetup(ceremony.command('verify'))
    .description('verifies a key, and lists who contributed; exit code 1 when it is refused')
    .requiredOption('--zkey <file>', 'the key')
    .addOption(publishedOption())
    .option(...CHECK_PTAU)
    .action(async (flags: VerifyFlags) => {
      output.exit(await verify(flags, output))
    })
  complete(
    command,
    'comity ceremony verify --r1cs compliance.r1cs --ptau final15.ptau --zkey 1.zkey --contribution 1.zkey.json',
  )
}

function registerFinish(ceremony: Command, output: ProgramOutput): void {
  const command = withSetup(ceremony.command('finish'))
    .description('verifies the last key, applies a public random beacon, and writes what is deployed')
    .requiredOption('--in <file>', 'the key of the last contributor')
    .requiredOption(
      '--circuit <folder>',
      'where compliance.wasm and its manifest.json are, such as circuits/build',
    )
    .requiredOption(
      '--beacon <hex>',
      'a value that nobody could know when the last contribution was published',
    )
    .option('--iterations <exponent>', 'the beacon is hashed two to this many times, 10 to 30', '10')
    .addOption(publishedOption())
    .requiredOption('--out <folder>', 'a new folder')
    .action(async (flags: FinishFlags) => {
      output.exit(await finish(flags, output))
    })
  complete(
    command,
    'comity ceremony finish --r1cs compliance.r1cs --ptau final15.ptau --in 2.zkey --circuit circuits/build \\\n' +
      '      --beacon 5a1f…c3 --out artifacts',
  )
}

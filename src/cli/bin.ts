#!/usr/bin/env node
import { exitOnBrokenPipe } from './broken-pipe.ts'
import { runProgram } from './program.ts'

exitOnBrokenPipe([process.stdout, process.stderr], (code) => process.exit(code))
await runProgram(process.argv.slice(2), {
  write: (line) => process.stdout.write(`${line}\n`),
  writeError: (line) => process.stderr.write(`${line}\n`),
  exit: (code) => {
    process.exitCode = code
  },
})

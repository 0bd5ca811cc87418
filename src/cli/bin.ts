#!/usr/bin/env node
import { runProgram } from './program.ts'

await runProgram(process.argv.slice(2), {
  write: (line) => process.stdout.write(`${line}\n`),
  writeError: (line) => process.stderr.write(`${line}\n`),
  exit: (code) => {
    process.exitCode = code
  },
})

#!/usr/bin/env node
import { createProgram } from './program.ts'

await createProgram({
  write: (line) => process.stdout.write(`${line}\n`),
  exit: (code) => {
    process.exitCode = code
  },
}).parseAsync()

// Writes docs/aws.md, and with it the pages of the other providers; with --check it only says which are stale.
import { writePages } from '../generate-docs.ts'

if (!writePages({ check: process.argv.includes('--check') })) process.exitCode = 1

// Writes docs/aws.md and docs/aws-ingress.md, and with them the pages of the other providers; with --check it only says which are stale.
import { writePages } from '../generate-docs.ts'

if (!writePages({ check: process.argv.includes('--check') })) process.exitCode = 1

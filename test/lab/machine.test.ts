// What the lab asks of a machine, and what it says when it is not there.
import { expect, test } from 'vitest'
import { compareReleases } from './binaries.ts'
import { browserCommands, installCommands, isDebianLike, missingCommands, prepareMachine } from './machine.ts'
import { silent } from './progress.ts'

test('Debian, Ubuntu and what says it is like them get packages by apt-get', () => {
  expect(isDebianLike('NAME="Debian GNU/Linux"\nID=debian\n')).toBe(true)
  expect(isDebianLike('ID=pop\nID_LIKE="ubuntu debian"\n')).toBe(true)
  expect(isDebianLike('ID=fedora\nHOME_URL="https://debian.example"\n')).toBe(false)
})

test('a machine with nothing on it misses everything, by the names of its packages', () => {
  expect(missingCommands('/nowhere')).toContainEqual({ command: 'nft', debianPackage: 'nftables' })
})

test('a browser is asked for only by those who open pages', async () => {
  expect(missingCommands('/nowhere').map(({ command }) => command)).not.toContain('chromium')
  expect(missingCommands('/nowhere', browserCommands)).toEqual([{ command: 'chromium', debianPackage: 'chromium' }])
  const machine = { platform: 'linux', root: false, osRelease: 'ID=debian' }
  await expect(installCommands(silent, true, machine, [['none-such', 'chromium']])).rejects.toThrow(
    'needs none-such. Run: apt-get install -y --no-install-recommends chromium',
  )
})

test('without root there is one line with the command', async () => {
  const machine = { platform: 'linux', root: false, osRelease: 'ID=debian' }
  await expect(prepareMachine(silent, true, machine)).rejects.toThrow('needs root for network namespaces. Run: sudo npm run lab')
})

test('another system is told what is needed', async () => {
  const machine = { platform: 'darwin', root: false, osRelease: '' }
  await expect(prepareMachine(silent, true, machine)).rejects.toThrow('needs Linux with network namespaces, and this is darwin')
})

test('Go 1.9 is older than Go 1.26.1', () => {
  expect(compareReleases('1.9', '1.26.1')).toBeLessThan(0)
  expect(compareReleases('1.26.1', '1.26.1')).toBe(0)
})

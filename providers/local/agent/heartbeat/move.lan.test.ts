import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acquainted, agentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import type { AgentsOnLan } from '../../../../test/contract/agents-on-lan.ts'
import { atOnce } from '../../../../test/contract/connect-all-the-time.ts'
import { connectAllTheTime, serveOnAllNodes } from '../../../../test/contract/tcp-through-address.ts'
import { missingForLan } from '../announcer/lan-under-test.ts'

const missing = missingForLan()
const web = '10.201.200.1'
const port = 8080

describe.skipIf(missing !== undefined)(
  missing
    ? `planned moves under a client: not run, ${missing}`
    : 'planned moves under a client that opens connections all the time',
  () => {
    let world: AgentsOnLan
    const resources = new AsyncDisposableStack()

    beforeAll(async () => {
      world = resources.use(await agentsOnLan({ name: 'mov', nodes: ['n0', 'n1'] }))
      resources.use(serveOnAllNodes(world, web, port))
    })
    afterAll(() => resources.disposeAsync())

    /** The first node has the address and the other one is there, whatever was before. */
    const settled = async (owner: string, other: string) => {
      await world.announce(web, [owner])
      await world.untilOwned(web, owner)
      await world.announce(web, [owner, other])
      await acquainted()
    }

    const underClients = async (move: () => Promise<unknown>) => {
      await using one = connectAllTheTime(world.lan, web, port)
      await using other = connectAllTheTime(world.lan, web, port, { forgetful: true })
      await Promise.all([one.begun, other.begun])
      await sleep(300)
      await move()
      // So that both have new connections to whoever has it now.
      await sleep(3000)
      const made = [await one.end(), await other.end()]
      for (const { failed, cut, answered } of made) {
        expect(failed).toEqual({})
        expect(cut).toBeLessThanOrEqual(atOnce)
        expect(Object.keys(answered).toSorted()).toEqual(['n0', 'n1'])
      }
      process.stderr.write(`${JSON.stringify(made)}\n`)
    }

    test('a drained node loses the address and no connection fails', async () => {
      await settled('n0', 'n1')
      await underClients(async () => {
        await world.announce(web, ['n1'])
        await world.untilOwned(web, 'n1')
      })
    })

    test('an agent that ends, as in a rolling update, hands over and no connection fails', async () => {
      await settled('n1', 'n0')
      await underClients(async () => {
        expect(await world.agent('n1').end('SIGTERM')).toEqual({ code: 0, signal: null })
        await world.untilOwned(web, 'n0')
      })
    })

    test('so it is for the next one, when the first is back', async () => {
      await world.start('n1')
      await settled('n0', 'n1')
      await underClients(async () => {
        await world.agent('n0').end('SIGTERM')
        await world.untilOwned(web, 'n1')
      })
      await world.start('n0')
    })
  },
)

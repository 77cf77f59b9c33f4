// The fake as the subject of the contract.
import { selfSigned } from '../certificate-files.ts'
import { fakeAws } from '../fake-aws.ts'
import type { FakeAws, FakeAwsOptions } from '../fake-aws.ts'
import type { Vpc } from '../presets.ts'
import type { Pem, Subject } from './subject.ts'

const longMs = 10 * 60 * 1000

/** Made once, and only where a test asks for it. */
let made: Promise<Pem> | undefined
const pem = (): Promise<Pem> => (made ??= selfSigned('www.example.com'))

/** A fake account with the network that contract tests expect. */
export async function fakeSubject(options: FakeAwsOptions = {}): Promise<Subject & { readonly aws: FakeAws; readonly vpc: Vpc }> {
  const aws = await fakeAws(options)
  const vpc = aws.createVpc({ ipv6: true })
  const [a, b, c] = vpc.publicSubnets
  const [d, e, f] = vpc.privateSubnets
  if (!a || !b || !c || !d || !e || !f) throw new Error('the VPC lacks subnets')
  const second = aws.createSubnet({ ...a, cidr: '10.0.128.0/20' })
  const clients = aws.clients()
  return {
    ...clients,
    aws,
    vpc,
    site: {
      vpcId: vpc.id,
      subnets: [a.id, b.id, c.id],
      privateSubnets: [d.id, e.id, f.id],
      sameZoneSubnet: second.id,
      zones: [a.zone, b.zone, c.zone],
      instances: [aws.createInstance({ subnet: a }).id, aws.createInstance({ subnet: b }).id],
      address: '10.0.0.200',
      certificate: aws.createCertificate({ domain: 'www.example.com', type: 'IMPORTED' }),
      pem,
      webAcl: aws.createWebAcl({ name: 'site' }),
      allocations: [aws.createAddress(), aws.createAddress(), aws.createAddress()],
    },
    settle: () => aws.advance(longMs),
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  }
}

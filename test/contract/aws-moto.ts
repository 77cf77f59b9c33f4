// The same world as of the fake, with moto as AWS.
import { selfSigned } from '../fake-aws/certificate-files.ts'
import { motoSubject } from '../fake-aws/contract/moto-subject.ts'
import type { Subject } from '../fake-aws/contract/subject.ts'
import { startMoto } from '../fake-aws/moto.ts'
import { startAwsCluster, useEnvironment } from './aws.ts'
import type { AwsCluster } from './aws.ts'

export interface MotoWorld extends AwsCluster {
  readonly url: string
  readonly subject: Subject
}

/** Variables that lead a program's SDK to moto. */
export function motoEnvironment(url: string, vpcId: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIAMOTO',
    AWS_SECRET_ACCESS_KEY: 'moto',
    AWS_EC2_METADATA_DISABLED: 'true',
    WEIR_AWS_VPC_ID: vpcId,
  }
}

/** Starts moto with a network in it and an API server with class `aws`; the variables lead the SDK of this process there. */
export async function startMotoWorld(): Promise<MotoWorld> {
  const moto = await startMoto()
  const subject = await motoSubject(moto, await selfSigned('www.example.com'))
  const { vpcId } = subject.site
  const environment = useEnvironment(motoEnvironment(moto.url, vpcId))
  // Of the first private subnet, 10.0.48.0/20.
  const podIps = Array.from({ length: 250 }, (_, index) => `10.0.49.${index + 1}`)
  const cluster = await startAwsCluster({ vpcId, podIps })
  return {
    ...cluster,
    url: moto.url,
    subject,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]()
      environment[Symbol.dispose]()
      await subject[Symbol.asyncDispose]()
      await moto[Symbol.asyncDispose]()
    },
  }
}

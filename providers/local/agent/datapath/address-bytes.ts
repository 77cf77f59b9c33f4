// Addresses as the kernel has them: four or sixteen bytes, in network order.
import type { IpAddress } from '../../../../src/model/address.ts'

export function addressBytes({ family, value }: IpAddress): Uint8Array {
  const length = family === 'IPv4' ? 4 : 16
  return Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 255n))
}

// Who has which address on the LAN of a lab. Each IPv4 address has an IPv6 one that reads like it: 10.201.0.11 is fd00:201::11.

/** Something of the LAN in both families. */
export type Both = { readonly IPv4: string; readonly IPv6: string }

export const nodeNetwork: Both = { IPv4: '10.201.0.0/16', IPv6: 'fd00:201::/64' }
export const podRange: Both = { IPv4: '10.244.0.0/16', IPv6: 'fd00:244::/48' }
export const serviceRange: Both = { IPv4: '10.96.0.0/16', IPv6: 'fd00:96::/112' }

export const routerAddress = bothOf('10.201.0.1')
export const controlPlaneAddress = bothOf('10.201.0.2')
export const clientRouterAddress = bothOf('10.99.0.1')
export const clientAddress = bothOf('10.99.0.10')

export const nodeAddress = (index: number) => bothOf(`10.201.0.${11 + index}`)
export const podNetwork = (index: number): Both => ({ IPv4: `10.244.${index}.0/24`, IPv6: `fd00:244:0:a${index}::/64` })

/** The addresses of a place by its IPv4 address, whose decimal digits are read as the hexadecimal ones of the other. */
export function bothOf(address: string): Both {
  const [, network = '', third = '', last = ''] = address.split('.')
  return { IPv4: address, IPv6: `fd00:${network}::${third === '0' ? '' : `${third}:`}${last}` }
}

export const each = ({ IPv4, IPv6 }: Both): readonly [string, string] => [IPv4, IPv6]

// Hardware addresses: six bytes, parsed once at the door and written as people read them.

/** Six bytes in the order of the wire. */
export type MacAddress = Uint8Array

export const macLength = 6

/** ff:ff:ff:ff:ff:ff, which every station of the segment receives. */
export const broadcastMac: MacAddress = Uint8Array.of(255, 255, 255, 255, 255, 255)

/** The address that `text` (`02:00:5e:10:00:01`, either case) means; undefined for anything else. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)) return undefined
  return Uint8Array.from(text.split(':'), byte => Number.parseInt(byte, 16))
}

export function formatMac(mac: MacAddress): string {
  return Array.from(mac, byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** Whether a single station can have this address: not a group address (lowest bit of the first byte) and not all zero. */
export function isStation(mac: MacAddress): boolean {
  return ((mac[0] ?? 1) & 1) === 0 && mac.some(byte => byte !== 0)
}

/** Whether the six bytes of `frame` from `offset` on are `mac`. Made for the packet path: allocates nothing. */
export function holdsMac(frame: Uint8Array, offset: number, mac: MacAddress): boolean {
  for (let i = 0; i < macLength; i++) if (frame[offset + i] !== mac[i]) return false
  return true
}
